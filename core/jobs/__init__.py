"""The JobManager: everything that runs, from accepted to ended."""
