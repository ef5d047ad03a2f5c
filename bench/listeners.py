"""Hundreds of readers of server-sent events that cost next to nothing: they count ends of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, cast
from urllib.parse import urlsplit

from typing_extensions import override

_END: Final = b"\n\n"
_AT_ONCE: Final = 50


class Listener(asyncio.Protocol):
    """Notes when each event was whole. The first, of the field ``retry``, opens the stream."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self._transport: asyncio.Transport | None = None
        self.times: list[float] = []
        self.text = bytearray()
        """All that came, if somebody set ``keep``."""
        self.keep = False
        self.opened = asyncio.get_running_loop().create_future()
        self._wanted = 0
        self._enough: asyncio.Future[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    @override
    def data_received(self, data: bytes) -> None:
        if self.keep:
            self.text += data
        whole = self._tail + data
        self._tail = whole[-(len(_END) - 1) :]
        if not (found := whole.count(_END)):
            return
        if not self.opened.done():
            self.opened.set_result(None)
            found -= 1
        self.times += [time.time()] * found
        if self._enough is not None and len(self.times) >= self._wanted and not self._enough.done():
            self._enough.set_result(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for waiting in (self.opened, self._enough):
            if waiting is not None and not waiting.done():
                waiting.set_exception(RuntimeError(f"the server hung up: {exc or self._tail!r}"))

    def heard(self, count: int) -> asyncio.Future[None]:
        """Return what is done when *count* events have come since `forget`."""
        self._wanted = count
        self._enough = asyncio.get_running_loop().create_future()
        if len(self.times) >= count:
            self._enough.set_result(None)
        return self._enough

    def forget(self) -> None:
        """Begin to count anew."""
        self.times = []

    def close(self) -> None:
        """Hang up."""
        self._enough = None
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def listening(url: str, path: str, token: str, count: int) -> AsyncIterator[Sequence[Listener]]:
    """Open *count* streams of *path*; every one is open when the block begins."""
    parts = urlsplit(url)
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{bearer}\r\n".encode()
    loop = asyncio.get_running_loop()
    listeners: list[Listener] = []
    try:
        while len(listeners) < count:
            some = [Listener(request) for _ in range(min(_AT_ONCE, count - len(listeners)))]
            listeners += some
            for one in some:
                await loop.create_connection(partial(_same, one), parts.hostname or "", parts.port or 80)
            async with asyncio.timeout(60):
                await asyncio.gather(*(one.opened for one in some))
        yield listeners
    finally:
        for one in listeners:
            one.close()


def _same(listener: Listener) -> Listener:
    return listener
