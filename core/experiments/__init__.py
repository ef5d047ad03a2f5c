"""Experiments: one training each, with its parameters, metrics and artifacts."""
