"""Faults on purpose: a link that breaks, a clock that is wrong, processes that are killed."""

from __future__ import annotations

from submarine.contracts.faults.kinds import (
    Away,
    Cut,
    Fault,
    Garbage,
    Hanging,
    LostAnswer,
    Slow,
    Twice,
)
from submarine.contracts.faults.link import FaultyLink
from submarine.contracts.faults.linked import Linked

__all__ = [
    "Away",
    "Cut",
    "Fault",
    "FaultyLink",
    "Garbage",
    "Hanging",
    "Linked",
    "LostAnswer",
    "Slow",
    "Twice",
]
