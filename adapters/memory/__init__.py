"""Correct doubles of every port, which forget when the process ends."""
