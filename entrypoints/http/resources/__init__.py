"""One controller per resource: translates between HTTP and a manager, and nothing else."""
