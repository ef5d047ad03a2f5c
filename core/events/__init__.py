"""What happened, in order, for whoever watches."""
