"""Keeps objects in a depot, and asks its directory who somebody is, over HTTP."""
