"""The ExperimentManager: training jobs, from submission to deletion."""
