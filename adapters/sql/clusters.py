"""Drains, orphans and leases in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.core.clusters.cluster import Orphan

_DRAIN: Final = "insert into drained_clusters (name) values ($1) on conflict (name) do nothing"
_UNDRAIN: Final = "delete from drained_clusters where name = $1"
_ORPHANS: Final = (
    "select cluster, handle, first_seen, reason from orphans where cluster = $1 order by first_seen, handle"
)
_NOTE: Final = (
    "insert into orphans (cluster, handle, first_seen, reason) values ($1, $2, $3, $4) "
    "on conflict (cluster, handle) do nothing"
)
_FORGET: Final = "delete from orphans where cluster = $1 and handle = $2"
_ACQUIRE: Final = (
    "insert into leases (name, owner, expires) values ($1, $2, $3) on conflict (name) do update "
    "set owner = excluded.owner, expires = excluded.expires "
    "where leases.owner = excluded.owner or leases.expires <= $4 returning owner"
)
_RELEASE: Final = "delete from leases where name = $1 and owner = $2"


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


class SqlLeases:
    """Fills `LeaseStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def acquire(self, name: str, owner: str, at: int, ttl: int) -> bool:
        """Take or keep the lease *name*; False if another owner holds it."""
        return await self._session.first(_ACQUIRE, name, owner, at + ttl, at) is not None

    async def release(self, name: str, owner: str) -> None:
        """Give the lease back if *owner* holds it."""
        await self._session.execute(_RELEASE, name, owner)
