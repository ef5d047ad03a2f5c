"""One thing that happened to a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``project`` and ``job`` are ids; ``cursor`` is empty until the records have given it a place.

    Cursors are opaque, compare by position in the feed, and no event appears before one that a
    reader was already given.
    """

    at: int
    project: str
    job: str
    type: str
    data: Mapping[str, object] = field(default_factory=dict)
    cursor: str = ""
