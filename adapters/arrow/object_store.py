"""Objects on any file system that Arrow reaches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final, TypeVar

from submarine.adapters.arrow.streams import CHUNK, Draft, Reading
from submarine.adapters.arrow.translation import in_words, translated
from submarine.adapters.arrow.volume import Volume
from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.object_keys import check_key, check_prefix, check_range
from submarine.core.ports.object_store import ObjectInfo

THREADS: Final = 8
"""Calls to the file system under way at once, one thread each; a slow producer or consumer holds none."""

T = TypeVar("T")


class ArrowObjectStore:
    """Keeps objects as files on a `Volume`."""

    def __init__(self, volume: Volume, threads: ThreadPoolExecutor) -> None:
        self._volume = volume
        self._threads = threads

    @classmethod
    @asynccontextmanager
    async def on(cls, volume: Volume) -> AsyncIterator[ArrowObjectStore]:
        """Prepare *volume* and serve it until the end of the block."""
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")
        store = cls(volume, threads)
        try:
            await store._prepare()
            yield store
        finally:
            await asyncio.to_thread(threads.shutdown)  # discards and closes what was under way

    async def _prepare(self) -> None:
        try:
            await self._run(self._volume.prepare)
        except OSError as error:
            raise AdapterError(f"cannot keep objects in {self._volume.root}: {in_words(error)}") from error

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        """Store *data* whole or not at all."""
        check_key(key)
        draft = Draft(self._volume)
        try:
            async with aclosing(_pieces(data)) as pieces:
                async for piece in pieces:
                    with translated(f"cannot store object {key!r}"):
                        await self._run(draft.write, piece)
            with translated(f"cannot store object {key!r}"):
                await self._run(draft.publish, key)
        finally:
            self._later(draft.discard)
        return draft.size

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield a range of the object in chunks."""
        check_key(key)
        check_range(offset, length)
        reading = Reading(self._volume, key, offset, length)
        try:
            while True:
                with translated(f"cannot read object {key!r}", absent=f"no object {key!r}"):
                    piece = await self._run(reading.next)
                if not piece:
                    return
                yield piece
        finally:
            self._later(reading.close)

    async def stat(self, key: str) -> ObjectInfo:
        """Return size and age."""
        check_key(key)
        with translated(f"cannot look at object {key!r}", absent=f"no object {key!r}"):
            return await self._run(self._volume.stat, key)

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Yield objects in order of key, one folder in memory at a time and level."""
        check_prefix(prefix)
        folder, _, start = prefix.rpartition("/")
        levels = [await self._children(folder, start)]
        while levels:
            match next(levels[-1], None):
                case None:
                    levels.pop()
                case ObjectInfo() as info:
                    yield info
                case str() as folder:
                    levels.append(await self._children(folder, ""))

    async def delete(self, key: str) -> None:
        """Delete *key* if it is there."""
        check_key(key)
        with translated(f"cannot delete object {key!r}"):
            await self._run(self._volume.delete, key)

    async def _children(self, folder: str, start: str) -> Iterator[ObjectInfo | str]:
        with translated(f"cannot list the objects in {folder!r}"):
            found: Sequence[ObjectInfo | str] = await self._run(self._volume.children, folder, start)
        return iter(found)

    async def _run(self, function: Callable[..., T], *args: object) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        except RuntimeError as error:
            raise UnavailableError("the object store is closed; the server is stopping") from error
        return await future

    def _later(self, function: Callable[[], None]) -> None:
        """Let a thread tidy up: awaiting is not to be relied upon in a task that is being cancelled."""
        try:
            self._threads.submit(function)
        except RuntimeError:  # the store is closed
            with suppress(OSError):
                function()


async def _pieces(data: bytes | AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield *data* in pieces of at least a chunk, that a thousand small writes are a few hops to a thread."""
    if isinstance(data, bytes):
        yield data
        return
    buffer = bytearray()
    async for piece in data:
        buffer += piece
        if len(buffer) >= CHUNK:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)
