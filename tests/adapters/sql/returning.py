"""What a reader who comes back with a cursor is told."""

from __future__ import annotations

from submarine.core.records import Records


async def told(records: Records, cursor: str) -> list[str]:
    """Return the types of the events after *cursor*."""
    async with records.read() as tx:
        return [event.type for event in await tx.events.after(cursor)]


async def beyond(records: Records, cursor: str) -> bool:
    """Tell whether *cursor* is from a history that the records have lost."""
    async with records.read() as tx:
        return await tx.events.beyond(cursor)
