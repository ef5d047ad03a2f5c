"""A store in memory that hands out what it has in pieces, as a store over a network does."""

from __future__ import annotations

from collections.abc import AsyncIterator

from typing_extensions import override

from submarine.adapters.memory.object_store import MemoryObjectStore

PIECE = 2**16


class PiecewiseObjectStore(MemoryObjectStore):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for whole in super().get(key, offset=offset, length=length):
            for begin in range(0, len(whole), PIECE):
                yield whole[begin : begin + PIECE]
