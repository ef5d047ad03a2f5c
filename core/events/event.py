"""One thing that happened to a job, and its place among all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from submarine.core.errors import InvalidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``project`` and ``job`` are ids; ``cursor`` is empty until the records have given it a place.

    Cursors are opaque to users and ordered by `position`; no event appears before one that a reader
    was already given.
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
    transaction, _, number = cursor.partition("-")
    if transaction.isdecimal() and number.isdecimal() and len(cursor) <= 40:  # noqa: PLR2004 - two 64-bit numbers
        place = int(transaction), int(number)
        if max(place) < 2**63:
            return place
    raise InvalidError.of("cursor", f"{cursor[:50]!r} is no place in the feed", "the id of an event")
