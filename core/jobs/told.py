"""What of a cluster's remarks is in the timeline of an attempt, and what of them is news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from submarine.core.events.event import Event
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

REMARK: Final = "remark"
"""The type of the events that hold remarks."""
KEPT: Final = 40
"""How many of an attempt are kept; of warnings as many besides, so that what is usual hides none."""
LONGEST: Final = 1_000
MORE: Final = "more"


class Told:
    """The remarks of one attempt that were told, by hash; small, as there are many attempts."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._kept = {True: 0, False: 0}

    def note(self, remark: Remark) -> None:
        """Note that *remark* is in the timeline."""
        self._counts[_key(remark)] = remark.count
        self._kept[remark.warning] += 1

    def news(self, remark: Remark) -> Remark | None:
        """Return what to write because of *remark*, and note it; None if that is nothing.

        A remark that repeats itself is told again when it was said twice as often as told before. Where
        there are too many, the last one says so.
        """
        remark = replace(remark, message=remark.message[:LONGEST])
        before = self._counts.get(_key(remark), 0)
        if self._kept[remark.warning] > KEPT or (before and remark.count < 2 * before):
            return None
        if self._kept[remark.warning] == KEPT:
            what = "warnings" if remark.warning else "remarks"
            said = f"the cluster has said more; of an attempt only its first {KEPT} {what} are kept"
            remark = replace(remark, subject="", replica="", reason=MORE, message=said, count=1)
        self.note(remark)
        return remark


def read_told(events: Iterable[Event]) -> Mapping[int, Told]:
    """Return what *events* of a job have told, by attempt."""
    found: dict[int, Told] = {}
    for event in events:
        if event.type == REMARK:
            data: Any = event.data
            found.setdefault(data["attempt"], Told()).note(_remark(event.at, data))
    return found


def _remark(at: int, data: Any) -> Remark:
    return Remark(
        handle=Handle(""),  # an attempt's remarks are told apart by the rest
        subject=data["subject"],
        reason=data["reason"],
        message=data["message"],
        at=at,
        warning=data["warning"],
        count=data["count"],
    )


def _key(remark: Remark) -> int:
    return hash((remark.subject, remark.reason, remark.message))
