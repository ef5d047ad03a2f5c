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
    """Let the wall clock of this process be *by* seconds ahead, negative behind; other processes see none of it.

    Durations (``time.monotonic``) stay right, as they do when an operator sets the clock. Code that has
    imported ``time.time`` by its bare name is not reached.
    """
    seconds, nanoseconds = time.time, time.time_ns
    with (
        mock.patch.object(time, "time", lambda: seconds() + by),
        mock.patch.object(time, "time_ns", lambda: nanoseconds() + by * 10**9),
    ):
        yield
