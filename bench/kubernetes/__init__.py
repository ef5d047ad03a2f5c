"""Our server with two thousand jobs on a real Kubernetes control plane, whose nodes KWOK plays."""
