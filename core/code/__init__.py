"""Uploaded code: content-addressed archives, owned by a project."""
