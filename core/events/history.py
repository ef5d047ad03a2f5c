"""The whole history of a job, however long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from submarine.core.events.event import Event
from submarine.core.events.store import EventStore

_PAGE: Final = 500


async def history(events: EventStore, job: str) -> AsyncIterator[Event]:
    """Yield all that happened to *job*, oldest first."""
    cursor = ""
    while page := await events.after(cursor, job=job, limit=_PAGE):
        for event in page:
            yield event
        if len(page) < _PAGE:
            return
        cursor = page[-1].cursor
