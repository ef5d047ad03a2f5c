"""Honest adapters that speak TCP to a backend in this process, for liars to twist and links to break."""
