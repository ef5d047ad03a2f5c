"""What the ClusterManager asks of the records: only what several servers must agree on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.clusters.cluster import Orphan
from submarine.core.jobs.store import JobStore
from submarine.core.servers.store import ServerStore


class ClusterStore(Protocol):
    """Drains, identities and orphans, within one transaction."""

    async def drained(self) -> Sequence[str]:
        """Return the names of the clusters that take no new work."""
        ...

    async def set_drain(self, cluster: str, drain: bool) -> None:
        """Start or end the drain of *cluster*; twice is as good as once."""
        ...

    async def identities(self) -> Mapping[str, str]:
        """Return what each cluster's name stands for, as far as that is recorded."""
        ...

    async def identify(self, cluster: str, identity: str) -> str:
        """Record what *cluster* stands for, unless it stands for something or *identity* has a name already.

        Return what *cluster* stands for then, "" for nothing: *identity* has another name.
        """
        ...

    async def adopt(self, cluster: str, identity: str) -> None:
        """Record that *cluster*, and no other name, stands for *identity* from now on."""
        ...

    async def orphans(self, cluster: str) -> Sequence[Orphan]:
        """Return the known orphans of *cluster*, oldest first."""
        ...

    async def note_orphans(self, cluster: str, orphans: Sequence[Orphan]) -> None:
        """Add *orphans*; one that is known keeps the time it was first seen."""
        ...

    async def forget_orphans(self, cluster: str, handles: Collection[str]) -> None:
        """Forget those that are gone."""
        ...


class AuditStore(Protocol):
    """The audit trail, for appending."""

    async def audit(self, events: Sequence[AuditEvent]) -> None:
        """Append *events*."""
        ...


class ClusterTransaction(Protocol):
    """The stores the ClusterManager works with."""

    @property
    def clusters(self) -> ClusterStore:
        """Drains and orphans."""
        ...

    @property
    def jobs(self) -> JobStore:
        """What runs where."""
        ...

    @property
    def servers(self) -> ServerStore:
        """Who else is there, and reaches which clusters."""
        ...

    @property
    def access(self) -> AuditStore:
        """Where writes are audited."""
        ...


class ClusterRecords(Protocol):
    """Records, as far as the ClusterManager needs them."""

    def begin(self) -> AbstractAsyncContextManager[ClusterTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[ClusterTransaction]:
        """Open a snapshot."""
        ...
