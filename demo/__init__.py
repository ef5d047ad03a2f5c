"""A training from start to end on this machine, for people who want to see it first."""
