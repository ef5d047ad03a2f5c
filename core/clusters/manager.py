"""The ClusterManager: which clusters there are, how they fare, and who may change that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal, Scope
from submarine.core.clock import Clock, now
from submarine.core.clusters.cluster import Cluster, ClusterStatus, Health, Orphan
from submarine.core.clusters.fleet import ClusterFleet
from submarine.core.clusters.identities import work_on
from submarine.core.clusters.orphanage import Orphanage
from submarine.core.clusters.store import ClusterRecords
from submarine.core.errors import ConflictError, ElsewhereError, ForbiddenError
from submarine.core.ids import new_id
from submarine.core.jobs.store import Usage
from submarine.core.servers.server import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """A cluster for users: configuration, status, and how many of our jobs are there.

    Of one that only another server reaches, ``kind`` and ``labels`` are known there alone.
    """

    name: str
    kind: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    status: ClusterStatus
    running: int
    queued: int


class ClusterManager:
    """What users and operators do with clusters; drains and orphans are in the records, for all servers."""

    def __init__(
        self, records: ClusterRecords, fleet: ClusterFleet, orphanage: Orphanage, clock: Clock = now
    ) -> None:
        self._records = records
        self._fleet = fleet
        self._orphanage = orphanage
        self._clock = clock

    async def list(self, principal: Principal) -> Sequence[ClusterView]:
        """Return all clusters: whoever is logged in may see where work could run."""
        del principal  # the counts below are totals, which name nobody
        async with self._records.read() as tx:
            usage, queued = await tx.jobs.usage(), await tx.jobs.waiting()
        here = [self._view(self._fleet.cluster(name), usage, queued) for name in self._fleet.names()]
        there = await self._fleet.elsewhere.look()
        return [*here, *(_view_of(name, there[name], usage, queued) for name in sorted(there))]

    async def get(self, principal: Principal, name: str) -> ClusterView:
        """Return one cluster.

        Raise `NotFoundError` if no server has it, `ElsewhereError` if only another one reaches it.
        """
        await self._require_here(name)
        return next(view for view in await self.list(principal) if view.name == name)

    async def drain(self, principal: Principal, name: str, *, request: str = "") -> ClusterView:
        """Send no new work there; what runs there goes on. Twice is as good as once."""
        return await self._set_drain(principal, name, drain=True, request=request)

    async def resume(self, principal: Principal, name: str, *, request: str = "") -> ClusterView:
        """Send work there again. Twice is as good as once."""
        return await self._set_drain(principal, name, drain=False, request=request)

    async def adopt(
        self, principal: Principal, name: str, *, force: bool = False, request: str = ""
    ) -> ClusterView:
        """Let *name* stand for the cluster that this server reaches by it.

        Raise `ConflictError` while jobs or logs are on the one it stands for, or that one is used under
        another name; with *force*, those jobs will be lost. Twice is as good as once.
        """
        _require_admin(principal, Scope.ADMIN)
        identity = await self._fleet.identities.ask(self._fleet.cluster(name))
        if identity is None:
            raise ConflictError(f"cluster {name} cannot tell who it is, so its name is never refused")
        event = self._event(principal, "cluster.adopt", name, request)
        async with self._records.begin() as tx:
            recorded = await tx.clusters.identify(name, identity)
            if recorded != identity and not force:
                why = await work_on(tx, name) if recorded else ""
                if why := why or await self._fleet.identities.in_use(tx, name, identity):
                    raise ConflictError(f"{why}; or force it and have what is there counted as lost")
            await tx.clusters.adopt(name, identity)
            await tx.access.audit([event])
        await self._fleet.probe(name)
        return await self.get(principal, name)

    async def list_orphans(self, principal: Principal, name: str) -> Sequence[tuple[Orphan, int]]:
        """Return the orphans of a cluster and when each is swept (Unix ms)."""
        _require_admin(principal, Scope.READ)
        await self._require_here(name)
        async with self._records.read() as tx:
            found = await tx.clusters.orphans(name)
        return [(orphan, orphan.first_seen + self._orphanage.grace) for orphan in found]

    async def _set_drain(self, principal: Principal, name: str, *, drain: bool, request: str) -> ClusterView:
        _require_admin(principal, Scope.ADMIN)
        await self._require_here(name)
        event = self._event(principal, "cluster.drain" if drain else "cluster.resume", name, request)
        async with self._records.begin() as tx:
            await tx.clusters.set_drain(name, drain)
            await tx.access.audit([event])
        self._fleet.drain(name, drain=drain)
        return await self.get(principal, name)

    def _event(self, principal: Principal, action: str, name: str, request: str) -> AuditEvent:
        return AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=principal.name,
            action=action,
            target=name,
            request=request,
        )

    def _view(self, cluster: Cluster, usage: Sequence[Usage], queued: int) -> ClusterView:
        return ClusterView(
            name=cluster.name,
            kind=cluster.kind,
            labels=cluster.labels,
            status=self._fleet.status(cluster.name),
            running=_running(cluster.name, usage),
            queued=queued,
        )

    async def _require_here(self, name: str) -> None:
        """Raise `ElsewhereError` if only another server reaches *name*, `NotFoundError` if none does."""
        if name not in self._fleet.names() and name in await self._fleet.elsewhere.look():
            raise ElsewhereError(f"this server does not reach cluster {name}", name)
        self._fleet.cluster(name)


def _running(name: str, usage: Sequence[Usage]) -> int:
    return sum(use.jobs for use in usage if use.cluster == name)


def _view_of(name: str, sighting: Sighting, usage: Sequence[Usage], queued: int) -> ClusterView:
    """Return what this server can say of a cluster that only another one reaches."""
    status = ClusterStatus(
        name=name,
        health=Health.UNKNOWN if sighting.up else Health.UNREACHABLE,
        since=sighting.seen,
        reason=f"only reached by {sighting.told}",
    )
    return ClusterView(name=name, status=status, running=_running(name, usage), queued=queued)


def _require_admin(principal: Principal, scope: Scope) -> None:
    if not principal.admin or principal.scope < scope:
        raise ForbiddenError("only an administrator may do this, with a token of scope admin")
