"""A bell that one loop waits on and many ring."""

from __future__ import annotations

import asyncio


class Bell:
    """Rings are not counted: a ring while nobody waits is heard by the next wait."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake who waits."""
        self._event.set()

    async def wait(self, patience: float) -> bool:
        """Return True once rung, False after *patience* seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
