"""What the process returns to the shell."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """Exit codes; those from 100 tell what became of an experiment that was waited for."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_ALLOWED = 4
    CONFLICT = 5
    FAILED = 100
    STILL_RUNNING = 101
    NOT_FOUND = 102
    CANCELLED = 103
    INTERRUPTED = 130


def exit_of(state: str) -> Exit:
    """Return the code for an experiment that was followed to *state*."""
    ends = {"succeeded": Exit.OK, "failed": Exit.FAILED, "lost": Exit.FAILED, "cancelled": Exit.CANCELLED}
    return ends.get(state, Exit.STILL_RUNNING)
