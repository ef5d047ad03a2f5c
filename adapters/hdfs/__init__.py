"""Keeps objects on HDFS, over WebHDFS alone."""
