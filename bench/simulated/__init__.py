"""A runtime of jobs that are only told of: thousands of them cost nothing but the server's own work."""
