"""Workloads on Hadoop YARN, by REST alone: no JVM in our process, no Hadoop client on our machine.

The truth about an attempt is a folder of its own on HDFS: what was decided, what was ordered, what each
replica's launcher tells of itself, and in the end the verdict. YARN is asked to start containers, to
signal them and to kill them, and tells how those ended whose launcher could not say it.
"""
