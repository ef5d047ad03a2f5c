"""One folder per technology, each filling ports of the core."""
