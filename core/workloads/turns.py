"""One at a time for each attempt, within this server."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from submarine.core.workloads.workload import Handle


class Turns:
    """The locks of attempts that somebody is at; those of all others are forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Handle, asyncio.Lock] = WeakValueDictionary()

    def of(self, handle: Handle) -> asyncio.Lock:
        """Return what to hold while something is done about *handle*."""
        lock = self._locks.get(handle)
        if lock is None:
            lock = self._locks[handle] = asyncio.Lock()
        return lock
