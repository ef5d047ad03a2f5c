"""An object store that forgets when the process ends."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from submarine.core.clock import Clock, now
from submarine.core.errors import NotFoundError
from submarine.core.object_keys import check_key, check_prefix, check_range
from submarine.core.ports.object_store import ObjectInfo


class MemoryObjectStore:
    """Keeps objects in a dictionary."""

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._objects: dict[str, tuple[bytes, int]] = {}

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        """Store *data* whole or not at all."""
        check_key(key)
        whole = data if isinstance(data, bytes) else b"".join([bytes(piece) async for piece in data])
        self._objects[key] = whole, self._clock()
        return len(whole)

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield a range of the object, in one piece."""
        check_key(key)
        check_range(offset, length)
        whole, _ = self._found(key)
        if piece := whole[offset : None if length is None else offset + length]:
            yield piece

    async def stat(self, key: str) -> ObjectInfo:
        """Return size and age."""
        check_key(key)
        whole, modified = self._found(key)
        return ObjectInfo(key=key, size=len(whole), modified=modified)

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Yield objects in order of key; one deleted meanwhile may be missing."""
        check_prefix(prefix)
        for key in sorted(key for key in self._objects if key.startswith(prefix)):
            if key in self._objects:
                yield await self.stat(key)

    async def delete(self, key: str) -> None:
        """Delete *key* if it is there."""
        check_key(key)
        self._objects.pop(key, None)

    def _found(self, key: str) -> tuple[bytes, int]:
        try:
            return self._objects[key]
        except KeyError:
            raise NotFoundError(f"no object {key!r}") from None
