"""Placement policies that come with Submarine."""
