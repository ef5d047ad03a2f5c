"""People who log in with a password of ours."""
