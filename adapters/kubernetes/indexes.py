"""Sets of completion indexes as a Job's status writes them: ``0,3-5``."""

from __future__ import annotations


def holds(text: str, index: int) -> bool:
    """Tell whether *index* is in the set *text*."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if int(first) <= index <= int(last or first):
            return True
    return False
