"""Runs workloads in a box: a small daemon on this machine."""
