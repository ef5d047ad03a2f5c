"""Sources of endless answers, and a client that reads them by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from submarine.core.access.principal import Principal
from submarine.entrypoints.http.byte_stream import ByteStream
from submarine.entrypoints.http.event_stream import EventStream, LastEventId, ServerEvent
from submarine.entrypoints.http.routing import route

CHUNK = b"x" * 65_536


class StreamController:
    """Streams that count what they have given, and note that they were left."""

    def __init__(self, heartbeat: float = 15.0) -> None:
        self.heartbeat = heartbeat
        self.given = 0
        self.left = 0
        self.bell = asyncio.Event()

    @route("GET", "/events")
    async def events(self, principal: Principal, last: LastEventId | None, *, count: int = 3) -> EventStream:
        """Give events, by number."""
        return EventStream(self._events(int(last or 0), count), heartbeat=self.heartbeat)

    async def _events(self, start: int, count: int) -> AsyncIterator[ServerEvent]:
        try:
            for number in range(start + 1, count + 1):
                self.given += 1
                yield ServerEvent(id=str(number), event="tick", data=f"{{\n{number}}}")
        finally:
            self.left += 1

    @route("GET", "/flood")
    async def flood(self, principal: Principal) -> EventStream:
        """Give large events without end."""
        return EventStream(self._flood())

    async def _flood(self) -> AsyncIterator[ServerEvent]:
        try:
            while True:
                self.given += 1
                yield ServerEvent(data="x" * 65_536)
        finally:
            self.left += 1

    @route("GET", "/silence")
    async def silence(self, principal: Principal) -> EventStream:
        """Give one event, and another at the bell."""
        return EventStream(self._silence(), heartbeat=self.heartbeat)

    async def _silence(self) -> AsyncIterator[ServerEvent]:
        try:
            yield ServerEvent(data="first")
            await self.bell.wait()
            yield ServerEvent(data="last")
        finally:
            self.left += 1

    @route("GET", "/bytes")
    async def chunks(
        self, principal: Principal, *, count: int = 10, length: int | None = None, fail: bool = False
    ) -> ByteStream:
        """Give chunks, then end well or not."""
        return ByteStream(self._bytes(count, fail=fail), length=length, headers={"X-Offset": "7"})

    async def _bytes(self, count: int, *, fail: bool) -> AsyncIterator[bytes]:
        try:
            for _ in range(count):
                self.given += 1
                yield CHUNK
            yield b""
            if fail:
                raise RuntimeError("the disk broke")
        finally:
            self.left += 1
