"""Tells whether another server has the same data directory open."""

from __future__ import annotations

import fcntl
import os
from types import TracebackType
from typing import Self


class Presence:
    """A lock shared by all who have it open, let go of by the kernel when a server dies."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # waits while the last one clears away

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def last(self) -> bool:
        """Tell whether nobody else is there; if so nobody can come until this is closed."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
