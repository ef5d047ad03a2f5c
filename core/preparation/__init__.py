"""Makes code ready where a workload runs: on this machine, or in a container of any image with Python."""
