"""What runs and how it is seen: the values that the core and every runtime share."""
