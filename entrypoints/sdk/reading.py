"""Where a reader of logs stands, so that every byte comes once."""

from __future__ import annotations

import time
from dataclasses import dataclass

from submarine.entrypoints.sdk.request import Request, get, path_of
from submarine.entrypoints.sdk.values import Experiment


@dataclass(slots=True)
class Pace:
    """Pauses between looks at something that changes on its own: short at first, then calm."""

    first: float = 0.1
    longest: float = 2.0
    _next: float = 0.1

    def reset(self) -> None:
        """Begin with short pauses again."""
        self._next = self.first

    def next(self, deadline: float | None = None) -> float:
        """Return the seconds to sleep now, not beyond *deadline* (monotonic)."""
        pause, self._next = self._next, min(self._next * 1.5, self.longest)
        return pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic()))


@dataclass(slots=True)
class LogReading:
    """One replica's log being read: the attempt, the byte to ask for next, and whether more can come."""

    experiment: Experiment
    role: str | None
    index: int | None
    wanted_attempt: int | None
    offset: int | None
    tail: int | None
    follow: bool
    over: bool = False
    attempt: int | None = None

    def __post_init__(self) -> None:
        self.attempt = self.wanted_attempt or (self.experiment.get("attempt") or None)
        self.over = self._past(self.experiment)

    def request(self) -> Request:
        """Return the request for what is not here yet."""
        return get(
            path_of("experiments", self.experiment.id, "logs"),
            role=self.role,
            index=self.index,
            attempt=self.attempt,
            offset=self.offset,
            tail=self.tail if self.offset is None else None,
            follow=True if self.follow else None,
        )

    def begin(self, offset: str | None) -> None:
        """Take the server's word for the offset of the first byte that follows."""
        if offset is not None and offset.isdigit():
            self.offset = int(offset)

    def got(self, chunk: bytes) -> None:
        """Remember that *chunk* is here."""
        self.offset = (self.offset or 0) + len(chunk)

    def finished(self, now: Experiment) -> bool:
        """Return whether a stream that ended was the last one; *now* is the state after its end.

        A server that shuts down ends streams too: only one that began after the end is sure to be whole.
        """
        if self.over and not self._later_attempt(now):
            return True
        if self._later_attempt(now) and self.over:
            self.attempt, self.offset, self.tail = (self.attempt or 0) + 1, 0, None
        self.over = self._past(now)
        return False

    def hopeless(self, now: Experiment) -> bool:
        """Return whether a log that is not there will never be, by the caller's mistake."""
        self.over = self._past(now)
        return (self.role, self.index, self.wanted_attempt) != (None, None, None) and (
            self.over or now.state == "running"
        )

    def _past(self, now: Experiment) -> bool:
        """Return whether nothing will be added to the log of this attempt any more."""
        return now.ended or (self.attempt is not None and now.attempt > self.attempt)

    def _later_attempt(self, now: Experiment) -> bool:
        return self.wanted_attempt is None and self.attempt is not None and now.attempt > self.attempt
