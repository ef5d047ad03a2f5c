"""When to ask again: exponential back-off with jitter, in a bounded total time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

RETRYABLE = frozenset({429, 502, 503, 504})
"""Answers after which the same request may succeed."""

AWAY = frozenset({502, 503, 504})
"""Those of them that another server may not give."""

_FIRST = 0.25
_LONGEST = 15.0


@dataclass(slots=True)
class Backoff:
    """The pauses between attempts; ``budget`` is the seconds all of them may take together.

    Jitter is full (AWS, "Exponential Backoff And Jitter"), so that clients cut off together do not
    come back together. A Retry-After is a floor, never shortened.
    """

    budget: float
    clock: Callable[[], float] = time.monotonic
    attempt: int = 0
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = self.clock() + self.budget

    def reset(self) -> None:
        """Begin anew, because something was received."""
        self.attempt = 0
        self._deadline = self.clock() + self.budget

    def pause(self, retry_after: float | None = None) -> float | None:
        """Return how many seconds to sleep before the next attempt, None to give up."""
        ceiling = min(_LONGEST, _FIRST * 2**self.attempt)
        self.attempt += 1
        pause = random.uniform(ceiling / 4, ceiling)  # noqa: S311 - not a secret
        if retry_after is not None:
            pause += retry_after
        return pause if self.clock() + pause <= self._deadline else None
