"""What can go wrong before a command starts."""


class PreparationError(Exception):
    """The workload cannot be made ready; the message is for its owner."""
