"""Time as the core counts it."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns Unix milliseconds, UTC."""


def now() -> int:
    """Return Unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000
