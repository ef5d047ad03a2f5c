"""A clock that is wrong: this process's, and so the server's and the adapter's; the backend keeps its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

HOUR: Final = 3600


@contextmanager
def clock_off(by: int) -> Iterator[None]:
    """Let the wall clock of this process be *by* seconds ahead, negative behind; other processes keep theirs.

    Durations (``time.monotonic``) stay right, as they do when an operator sets the clock. Code that has
    imported ``time.time`` by its bare name is not reached.
    """
    seconds, nanoseconds = time.time, time.time_ns

    def time_() -> float:
        return seconds() + by

    def time_ns() -> int:
        return nanoseconds() + by * 10**9

    with mock.patch.object(time, "time", time_), mock.patch.object(time, "time_ns", time_ns):
        yield
