"""Which of several servers to ask: the one that answered last, and those that do not answer seldom."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0


class Servers:
    """The addresses of servers of which one is active; a dead one is left alone for longer each time."""

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.urls = tuple(urls)
        self._clock = clock
        self._best = self.urls[0]
        self._pauses: dict[str, float] = {}
        self._until: dict[str, float] = {}

    def in_turn(self) -> Sequence[str]:
        """Return all in the order to try them; those left alone come last, for no other may be active."""
        now = self._clock()

        def rank(url: str) -> tuple[float, bool]:
            return max(self._until.get(url, 0.0) - now, 0.0), url != self._best

        return sorted(self.urls, key=rank)

    def works(self, url: str) -> None:
        """Ask *url* first from now on."""
        self._best = url
        self._pauses.pop(url, None)
        self._until.pop(url, None)

    def is_away(self, url: str) -> None:
        """Leave *url* alone for a while."""
        pause = min(self._pauses.get(url, FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._pauses[url] = pause
        self._until[url] = self._clock() + pause
