"""What is known about an experiment: parameters, tags, metrics, artifacts."""
