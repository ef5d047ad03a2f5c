"""What the feed asks of the records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from submarine.core.events.event import Event


class EventStore(Protocol):
    """Events within one transaction."""

    async def append(self, events: Sequence[Event]) -> None:
        """Add *events* in their order; they become visible when the transaction commits."""
        ...

    async def after(
        self,
        cursor: str,
        *,
        projects: Collection[str] | None = None,
        job: str | None = None,
        limit: int = 500,
    ) -> Sequence[Event]:
        """Return events after *cursor* ("" for the first ever), oldest first.

        *projects* None means all. Never skips an event that a slower transaction commits later.
        """
        ...

    async def delete(self, job: str) -> None:
        """Delete the history of *job*."""
        ...

    async def last(self) -> str:
        """Return the cursor of the newest visible event, "" if there is none."""
        ...

    async def beyond(self, cursor: str) -> bool:
        """Tell whether *cursor* is none that these records can have given out, as far as can be told.

        Then it is from later than they were: they have been restored from a copy.
        """
        ...
