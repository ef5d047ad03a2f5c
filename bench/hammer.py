"""Requests as fast as they are answered, for next to no cost: prebuilt bytes, one in flight a connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from typing_extensions import override

GRACE_S = 60.0


class _Blow(asyncio.Protocol):
    """One kept connection: the next request goes out when the answer to the last is whole."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.answered = 0
        self.until = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def start(self, until: float) -> asyncio.Future[None]:
        """Send until the clock says *until*; return what is done with the last answer."""
        if self._done.done():
            self._done = asyncio.get_running_loop().create_future()
        self.answered, self.until = 0, until
        self._next()
        return self._done

    def _next(self) -> None:
        assert self._transport is not None
        self._transport.write(next(self._requests))

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer = buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = buffer.find(b"ontent-", 0, end)  # Content-Length, whichever way its first letter is written
        while at >= 0 and buffer[at + 7 : at + 13].lower() != b"length":
            at = buffer.find(b"ontent-", at + 7, end)
        if at < 0:
            self._fail(f"no content-length in {buffer[:200]!r}")
            return
        if len(buffer) < end + 4 + int(buffer[at + 14 : buffer.find(b"\r", at)]):
            return
        if buffer[9:12] != b"200":
            self._fail(f"{buffer[:500]!r}")
            return
        self._buffer = b""
        self.answered += 1
        if time.perf_counter() < self.until:
            self._next()
        elif not self._done.done():
            self._done.set_result(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the server hung up: {exc}")

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(why))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _same(blow: _Blow) -> _Blow:
    return blow


async def hammer(url: str, streams: Sequence[Iterator[bytes]], seconds: float) -> float:
    """Send each of *streams* over a connection of its own for *seconds*; return answers a second.

    Half as long it sends uncounted before: workers open their connections and fill their caches.
    """
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    blows: list[_Blow] = []
    try:
        for stream in streams:
            blow = _Blow(stream)
            await loop.create_connection(partial(_same, blow), parts.hostname or "", parts.port or 80)
            blows.append(blow)
        await _round(blows, seconds / 2)
        return await _round(blows, seconds)
    finally:
        for blow in blows:
            blow.close()


async def _round(blows: Sequence[_Blow], seconds: float) -> float:
    began = time.perf_counter()
    async with asyncio.timeout(seconds + GRACE_S):
        await asyncio.gather(*(blow.start(began + seconds) for blow in blows))
    return sum(blow.answered for blow in blows) / (time.perf_counter() - began)


def request(url: str, path: str, token: str, body: bytes) -> bytes:
    """Return a POST of *body*, whole."""
    parts = urlsplit(url)
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{bearer}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
