"""A small memory of what the records said a moment ago."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """Keeps the newest *limit* answers for *lifetime* seconds each.

    An answer that was on its way while `clear` was called is given to its caller but not kept: whoever
    asks after a change never gets what was read before it.
    """

    def __init__(self, lifetime: float, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime, self._limit, self._clock = lifetime, limit, clock
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._generation = 0

    def find(self, key: K) -> V | None:
        """Return what is kept for *key*, None if there is nothing fresh."""
        found = self._kept.get(key)
        return found[1] if found is not None and found[0] > self._clock() else None

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Return what is kept for *key*, else what *ask* says, which is kept if it is not None."""
        if (found := self.find(key)) is not None:
            return found
        generation = self._generation
        value = await ask()
        if generation == self._generation and value is not None:
            self._kept[key] = (self._clock() + self._lifetime, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything: something has changed."""
        self._generation += 1
        self._kept.clear()
