"""A body that is sent piece by piece, with a limit on how long the other side may take none of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

PIECE: Final = 2**18


class Upload:
    """Counts what was sent, and remembers what its source raised, for aiohttp makes another error of it.

    The source may take its time; from a piece to the next question for one, or to the answer, *patience*
    seconds may pass.
    """

    def __init__(self, data: bytes | AsyncIterable[bytes], patience: float) -> None:
        self.size = 0
        self.error: Exception | None = None
        self._data = data
        self._patience = patience
        self._limit = asyncio.timeout(None)

    def watched(self) -> asyncio.Timeout:
        """Return the limit under which the request is to be made."""
        self._limit = asyncio.timeout(None)
        return self._limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in _pieces(self._data):
                self.size += len(piece)
                self._wait(self._patience)
                yield piece
                self._wait(None)
        except Exception as error:
            self.error = error
            raise
        finally:
            self._wait(self._patience)

    def _wait(self, seconds: float | None) -> None:
        if not self._limit.expired():
            loop = asyncio.get_running_loop()
            self._limit.reschedule(None if seconds is None else loop.time() + seconds)


async def _pieces(data: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(data, bytes):
        for begin in range(0, len(data), PIECE):
            yield data[begin : begin + PIECE]
        return
    async for piece in data:
        if piece:
            yield piece
