"""How one talks to Hadoop's web servers: who we are, which of a pair answers, and what an answer means.

No plugin is in here; the object store on HDFS and the runtime on YARN stand on it.
"""
