"""An object store in memory, reached over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from submarine.core.ports.object_store import ObjectInfo
from tests.contracts.wired.wire import Wire


class WiredObjectStore:
    """Gathers what it is to put, and asks."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        whole = data if isinstance(data, bytes) else b"".join([piece async for piece in data])
        found: int = await self.wire.ask("put", key, whole)
        return found

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for piece in self.wire.stream("get", key, offset=offset, length=length):
            yield piece

    async def stat(self, key: str) -> ObjectInfo:
        found: ObjectInfo = await self.wire.ask("stat", key)
        return found

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        async for info in self.wire.stream("list", prefix):
            yield info

    async def delete(self, key: str) -> None:
        await self.wire.ask("delete", key)
