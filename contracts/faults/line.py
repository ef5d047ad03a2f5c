"""One connection of an adapter, and its twin to the backend."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Final, Protocol

CHUNK: Final = 2**16
PATIENCE: Final = 10.0
"""Seconds that a repeated request waits for its own answer."""
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Meddler(Protocol):
    """What stands on the line, and does with bytes what it likes."""

    async def request(self, line: Line, data: bytes) -> None:
        """Carry *data*, which the adapter has sent."""
        ...

    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        """Carry *data*, which the backend has sent; *first* after a request."""
        ...


class Line:
    """Lives until both sides have said all, or until somebody cuts it.

    ``question`` is what the adapter has sent since the backend last began to answer. ``spoiled`` means
    that bytes were swallowed or made up, so the line is of no use to anybody once the link is well again.
    """

    def __init__(
        self, backend: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.question = b""
        self.spoiled = False
        self._backend = backend
        self._adapter = reader, writer
        self._theirs: asyncio.StreamWriter | None = None
        self._answering = False
        self._dead = False

    async def run(self, meddler: Meddler) -> None:
        """Carry bytes both ways until there are no more."""
        try:
            reader, self._theirs = await asyncio.open_connection(*self._backend)
            await asyncio.gather(self._requests(meddler), self._answers(meddler, reader))
        except OSError:
            self.cut(reset=True)  # as the backend did it, or its absence
        finally:
            self._close()

    async def gone(self) -> None:
        """Return when both sides have taken what was still to be sent, and the sockets are closed."""
        for writer in self._writers():
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def to_backend(self, data: bytes) -> None:
        """Send *data* on to the backend."""
        if self._theirs is not None and not self._dead:
            self._theirs.write(data)
            await self._theirs.drain()

    async def to_adapter(self, data: bytes) -> None:
        """Send *data* on to the adapter."""
        if not self._dead:
            self._adapter[1].write(data)
            await self._adapter[1].drain()

    async def hang_up(self) -> None:
        """Say nothing more to the adapter, after what has been said; what it says falls on deaf ears."""
        self.spoiled = True
        with contextlib.suppress(OSError):
            self._adapter[1].write_eof()

    async def repeat(self) -> None:
        """Send the last request once more, on a connection of its own, and wait for what it effects."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(*self._backend)
                try:
                    writer.write(self.question)
                    await reader.read(CHUNK)
                finally:
                    writer.close()

    def cut(self, *, reset: bool) -> None:
        """End the connection now: for the adapter as a reset, or as if all had been said."""
        self._dead = True
        if reset:
            ours: socket.socket = self._adapter[1].get_extra_info("socket")
            with contextlib.suppress(OSError):
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            for writer in self._writers():
                writer.transport.abort()  # whatever has not been taken yet
        self._close()

    def _close(self) -> None:
        for writer in self._writers():
            writer.close()

    def _writers(self) -> list[asyncio.StreamWriter]:
        return [self._adapter[1], *([] if self._theirs is None else [self._theirs])]

    async def _requests(self, meddler: Meddler) -> None:
        while data := await self._adapter[0].read(CHUNK):
            self.question = data if self._answering else self.question + data
            self._answering = False
            await meddler.request(self, data)
        if self._theirs is not None and not self._dead:
            self._theirs.write_eof()

    async def _answers(self, meddler: Meddler, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            first, self._answering = not self._answering, True
            await meddler.answer(self, data, first=first)
        if not self._dead and not self.spoiled:
            self._adapter[1].write_eof()
