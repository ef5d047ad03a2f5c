"""Submarine from Python: clients of the REST API, and what a job calls to report on itself.

``import submarine`` shows the public names; nothing of this package is imported before it is used.
"""
