"""What travels with a job into its containers and starts its command: any Python 3.9, nothing installed.

It is imported on nodes whose Python may be old, so it says nothing that 3.9 does not understand, and
imports nothing of ours but what travels too.
"""
