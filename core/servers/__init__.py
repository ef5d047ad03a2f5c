"""The servers that share these records, and how each is reached by the others."""
