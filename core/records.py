"""The port to the metadata database: the sum of what every component asks of it.

It stands beside ``ports/`` and not in it because it names the stores of all components, and they use
the other ports. A component never imports this module: its own ``store.py`` says what it asks.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from submarine.core.access.store import AccessStore
from submarine.core.events.store import EventStore
from submarine.core.ports.port import Port


class Transaction(Protocol):
    """Every store, in one transaction."""

    @property
    def access(self) -> AccessStore:
        """Users, teams, projects, tokens, audit."""
        ...

    @property
    def events(self) -> EventStore:
        """The feed."""
        ...


class Records(Protocol):
    """Where metadata lives."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that commits on success and rolls back on any error.

        Raise `UnavailableError` when the database is away; then nothing was written, except if it went
        away in the very commit: callers repeat writes in a way that makes twice as good as once.
        """
        ...

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a snapshot for reading only; it never waits for a writer."""
        ...

    async def ping(self) -> None:
        """Return if the database answers and its schema is ours; raise `UnavailableError` if not."""
        ...


RECORDS: Final[Port[Records]] = Port("records")
