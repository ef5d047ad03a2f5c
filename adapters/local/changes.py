"""Wakes those who watch when a workload has changed; by inotify(7), else by the clock."""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from types import TracebackType
from typing import Final, Self

_CLOSE_WRITE, _DELETE = 0x008, 0x200
_HEADER: Final = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC  # as IN_NONBLOCK, IN_CLOEXEC
_WITHOUT: Final = 0.2  # seconds between looks where there is no inotify


class Changes:
    """The names of workloads that change from the moment it is opened."""

    def __init__(self, folder: str) -> None:
        self._descriptor = _watch(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    async def next(self, patience: float) -> set[str] | None:
        """Return what has changed; nothing after *patience* seconds; None if it is not known what."""
        if self._descriptor is None:
            await asyncio.sleep(min(patience, _WITHOUT))
            return None
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._descriptor, _settle, ready)
        try:
            async with asyncio.timeout(patience):
                await ready
        except TimeoutError:
            return set()
        finally:
            loop.remove_reader(self._descriptor)
        return _names(self._descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _watch(folder: str) -> int | None:
    library = ctypes.CDLL(None, use_errno=True)
    descriptor: int = library.inotify_init1(_FLAGS)
    if descriptor < 0:  # the user's limit of instances is reached
        return None
    if library.inotify_add_watch(descriptor, os.fsencode(folder), _CLOSE_WRITE | _DELETE) < 0:
        os.close(descriptor)
        return None
    return descriptor


def _names(descriptor: int) -> set[str] | None:
    try:
        data = os.read(descriptor, 65536)
    except BlockingIOError:
        return set()
    names: set[str] = set()
    while data:
        watch, _, _, length = _HEADER.unpack_from(data)
        if watch < 0:  # the queue ran over
            return None
        name = data[_HEADER.size : _HEADER.size + length].rstrip(b"\0")
        names.add(os.fsdecode(name))
        data = data[_HEADER.size + length :]
    return names
