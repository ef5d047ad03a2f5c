"""The port to the metadata database: the sum of what every component asks of it.

It stands beside ``ports/`` and not in it because it names the stores of all components, and they use
the other ports. A component never imports this module: its own ``store.py`` says what it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, runtime_checkable

from submarine.core.access.store import AccessStore
from submarine.core.clusters.store import ClusterStore
from submarine.core.events.store import EventStore
from submarine.core.experiments.store import EffectStore, ExperimentStore
from submarine.core.idempotency import IdempotencyStore
from submarine.core.jobs.store import JobStore, LeaseStore
from submarine.core.metadata.store import MetadataStore
from submarine.core.ports.port import Port
from submarine.core.servers.store import ServerStore


class Transaction(Protocol):
    """Every store, in one transaction."""

    @property
    def access(self) -> AccessStore:
        """Users, teams, projects, tokens, audit."""
        ...

    @property
    def idempotency(self) -> IdempotencyStore:
        """Answers kept for calls that come again."""
        ...

    @property
    def events(self) -> EventStore:
        """The feed."""
        ...

    @property
    def jobs(self) -> JobStore:
        """Jobs and their attempts."""
        ...

    @property
    def experiments(self) -> ExperimentStore:
        """Experiments."""
        ...

    @property
    def metadata(self) -> MetadataStore:
        """Parameters, tags, metrics, artifacts."""
        ...

    @property
    def effects(self) -> EffectStore:
        """What keyed requests made."""
        ...

    @property
    def clusters(self) -> ClusterStore:
        """Drains and orphans."""
        ...

    @property
    def servers(self) -> ServerStore:
        """The servers on these records."""
        ...

    @property
    def leases(self) -> LeaseStore:
        """Work shared among servers."""
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

    def glance(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a view for one question, or more that need not agree: each may see a later moment.

        Cheaper than `read`, and like it for reading only.
        """
        ...

    async def ping(self) -> None:
        """Return if the database answers and its schema is ours; raise `UnavailableError` if not."""
        ...


@runtime_checkable
class Migratable(Protocol):
    """Records whose schema grows with our versions, forward only."""

    async def plan(self) -> Sequence[str]:
        """Return the names of the steps that are still to be taken, in order."""
        ...

    async def migrate(self) -> Sequence[str]:
        """Take them; return their names. Of two servers that start at once one does it.

        Raise `AdapterError` if the schema is of a newer version than ours.
        """
        ...


RECORDS: Final[Port[Records]] = Port("records")
