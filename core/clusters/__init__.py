"""The ClusterManager: several clusters, their health and capacity, and where work is placed."""
