"""Forgets what has served its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from submarine.core.errors import SubmarineError

log = logging.getLogger(__name__)

INTERVAL_S: Final = 600.0

Chore = Callable[[], Awaitable[None]]


class Janitor:
    """Does its chores at intervals; one that fails keeps no other from being done."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            await self.clean()
            await asyncio.sleep(INTERVAL_S)

    async def clean(self) -> None:
        """Do each chore once."""
        for chore in self._chores:
            try:
                await chore()
            except SubmarineError as error:
                log.warning("a chore waits for its next turn: %s", error)
            except Exception:
                log.exception("a chore failed")
