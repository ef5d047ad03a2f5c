"""Objects on the file systems that Apache Arrow reaches: the local one now, S3 and HDFS by the same store."""
