"""Training frameworks and the variables by which their processes find each other."""
