"""How much at once: per caller, and for the server as a whole."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from submarine.core.errors import BusyError
from submarine.entrypoints.http.problems import OverloadedError

_REMEMBERED: Final = 10_000


class Throttle:
    """A token bucket per key: *burst* calls at once, *rate* a second in the long run.

    Keys are forgotten, the longest unused first, so that an attacker's many names cost no memory.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, key: str, what: str = "requests") -> None:
        """Count one call by *key*; raise `BusyError` if it is one too many."""
        at = self._clock()
        level, since = self._buckets.pop(key, (self._burst, at))
        level = min(self._burst, level + (at - since) * self._rate)
        self._buckets[key] = (level - 1 if level >= 1 else level, at)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if level < 1:
            raise BusyError(f"too many {what}; try again later", retry_after=(1 - level) / self._rate)

    def forgive(self, key: str) -> None:
        """Forget what *key* has used up: it has proved itself."""
        self._buckets.pop(key, None)


class Load:
    """How many are being answered at this moment."""

    def __init__(self, limit: int, what: str) -> None:
        self._limit, self._what = limit, what
        self.now = 0

    def enter(self) -> None:
        """Count one more in; raise `OverloadedError` if that is too many. Pair with `leave`."""
        if self.now >= self._limit:
            raise OverloadedError(f"the server answers {self._limit} {self._what} already", retry_after=1.0)
        self.now += 1

    def leave(self) -> None:
        """Count one out."""
        self.now -= 1
