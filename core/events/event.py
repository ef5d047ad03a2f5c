"""One thing that happened to a job, and its place among all others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from submarine.core.errors import InvalidError

_CURSOR: Final = re.compile(r"(\d{1,19})-(\d{1,19})(?:-([0-9a-f]{1,32}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``project`` and ``job`` are ids; ``cursor`` is empty until the records have given it a place.

    Cursors are opaque to users and ordered by `position`; no event appears before one that a reader
    was already given. What follows the place in a cursor is its `history`.
    """

    at: int
    project: str
    job: str
    type: str
    data: Mapping[str, object] = field(default_factory=dict)
    cursor: str = ""


def position(cursor: str) -> tuple[int, int]:
    """Return the place that *cursor* names; "" is before everything. Raise `InvalidError` for other words."""
    if not cursor:
        return -1, -1
    found = _CURSOR.fullmatch(cursor)
    if found and max(place := (int(found[1]), int(found[2]))) < 2**63:
        return place
    raise InvalidError.of("cursor", f"{cursor[:50]!r} is no place in the feed", "the id of an event")


def history(cursor: str) -> str:
    """Return what tells the history of records that *cursor* is of from those that a restored copy begins.

    It is "" where the cursor does not say. It may change in the course of one history, for good.
    """
    found = _CURSOR.fullmatch(cursor)
    return found[3] or "" if found else ""
