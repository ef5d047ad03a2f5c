"""How often somebody may try."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from submarine.core.errors import BusyError

_REMEMBERED: Final = 10_000


class Throttle:
    """A bucket of tries per key: *burst* at once, one more every *every* seconds.

    Keys are forgotten, the longest unused first, so that an attacker's many names cost no memory.
    """

    def __init__(self, burst: int, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._every, self._clock = float(burst), every, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str, what: str) -> None:
        """Raise `BusyError` if *key* has no try left; count nothing."""
        level = self._level(key)
        if level < 1:
            wait = (1 - level) * self._every
            raise BusyError(f"too many {what}; try again in {max(wait, 1):.0f} s", retry_after=wait)

    def count(self, key: str) -> None:
        """Take one try from *key*."""
        level = self._level(key) - 1
        self._buckets.pop(key, None)
        self._buckets[key] = (max(level, 0.0), self._clock())
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)

    def give_back(self, key: str) -> None:
        """Give back to *key* the one try that was counted last."""
        self._buckets[key] = (min(self._burst, self._level(key) + 1), self._clock())

    def forgive(self, key: str) -> None:
        """Give all tries back to *key*: it has proved itself."""
        self._buckets.pop(key, None)

    def _level(self, key: str) -> float:
        level, since = self._buckets.get(key, (self._burst, self._clock()))
        return min(self._burst, level + (self._clock() - since) / self._every)
