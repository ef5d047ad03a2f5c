"""Drains, identities and orphans in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.core.clock import now
from submarine.core.clusters.cluster import Orphan

_DRAIN: Final = "insert into drained_clusters (name) values ($1) on conflict (name) do nothing"
_UNDRAIN: Final = "delete from drained_clusters where name = $1"
_IDENTITIES: Final = "select cluster, identity from cluster_identities"
_IDENTIFY: Final = (
    "insert into cluster_identities (cluster, identity, recorded) values ($1, $2, $3) on conflict do nothing"
)
_IDENTITY: Final = "select identity from cluster_identities where cluster = $1"
_LEAVE: Final = "delete from cluster_identities where identity = $1 and cluster <> $2"
_ADOPT: Final = (
    "insert into cluster_identities (cluster, identity, recorded) values ($1, $2, $3) "
    "on conflict (cluster) do update set identity = excluded.identity, recorded = excluded.recorded"
)
_ORPHANS: Final = (
    "select cluster, handle, first_seen, reason from orphans where cluster = $1 order by first_seen, handle"
)
_NOTE: Final = (
    "insert into orphans (cluster, handle, first_seen, reason) values ($1, $2, $3, $4) "
    "on conflict (cluster, handle) do nothing"
)
_FORGET: Final = "delete from orphans where cluster = $1 and handle = $2"


class SqlClusters:
    """Fills `ClusterStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def drained(self) -> Sequence[str]:
        """Return the names of the clusters that take no new work."""
        return [row["name"] for row in await self._session.fetch("select name from drained_clusters")]

    async def set_drain(self, cluster: str, drain: bool) -> None:
        """Start or end the drain of *cluster*."""
        await self._session.execute(_DRAIN if drain else _UNDRAIN, cluster)

    async def identities(self) -> Mapping[str, str]:
        """Return what each cluster's name stands for."""
        return {row["cluster"]: row["identity"] for row in await self._session.fetch(_IDENTITIES)}

    async def identify(self, cluster: str, identity: str) -> str:
        """Record what *cluster* stands for, if nothing is recorded of either; return what is of *cluster*."""
        await self._session.execute(_IDENTIFY, cluster, identity, now())
        row = await self._session.first(_IDENTITY, cluster)
        return "" if row is None else str(row["identity"])

    async def adopt(self, cluster: str, identity: str) -> None:
        """Record that *cluster*, and no other name, stands for *identity* from now on."""
        await self._session.execute(_LEAVE, identity, cluster)
        await self._session.execute(_ADOPT, cluster, identity, now())

    async def orphans(self, cluster: str) -> Sequence[Orphan]:
        """Return the known orphans of *cluster*, oldest first."""
        return [Orphan(**dict(row)) for row in await self._session.fetch(_ORPHANS, cluster)]

    async def note_orphans(self, cluster: str, orphans: Sequence[Orphan]) -> None:
        """Add *orphans*; a known one keeps its time."""
        rows = [(cluster, orphan.handle, orphan.first_seen, orphan.reason) for orphan in orphans]
        await self._session.execute_many(_NOTE, rows)

    async def forget_orphans(self, cluster: str, handles: Collection[str]) -> None:
        """Forget those that are gone."""
        await self._session.execute_many(_FORGET, [(cluster, handle) for handle in handles])
