"""The ClusterManager: which clusters there are, how they fare, and who may change that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal, Scope
from submarine.core.clock import Clock, now
from submarine.core.clusters.cluster import Cluster, ClusterStatus, Health, Orphan
from submarine.core.clusters.counsel import Counsel
from submarine.core.clusters.elsewhere import Elsewhere
from submarine.core.clusters.identities import Identities, work_on
from submarine.core.clusters.orphanage import ORPHAN_GRACE_MS, Orphanage
from submarine.core.clusters.placer import Placer
from submarine.core.clusters.store import ClusterRecords
from submarine.core.errors import (
    ConflictError,
    ElsewhereError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SubmarineError,
    UnavailableError,
)
from submarine.core.ids import new_id
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import Usage
from submarine.core.ports.placement import PlacementPolicy, Request
from submarine.core.ports.runtime import Runtime
from submarine.core.servers.server import Sighting
from submarine.core.workloads.resources import Resources

log = logging.getLogger(__name__)

PROBE_S: Final = 3.0
PROBE_LIMIT_S: Final = 10.0


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
    """Keeps a status per cluster in memory; drains and orphans in the records, for all servers."""

    def __init__(
        self,
        records: ClusterRecords,
        clusters: Sequence[Cluster],
        policies: Mapping[str, PlacementPolicy],
        default_policy: str,
        orphan_grace: int = ORPHAN_GRACE_MS,
        owner: str = "",
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._clusters = {cluster.name: cluster for cluster in clusters}
        self._policies = policies
        self._default_policy = default_policy
        self._counsel = Counsel()
        self.orphanage = Orphanage(records, orphan_grace, clock)
        self._clock = clock
        self._status = {c.name: ClusterStatus(name=c.name, since=clock()) for c in clusters}
        self._drained: frozenset[str] = frozenset()
        self._identities = Identities(records, [cluster.name for cluster in clusters], owner)
        self._elsewhere = Elsewhere(records, self._clusters)
        self._reached: set[str] = set()
        self._usable: set[str] = set()
        self._refused: dict[str, str] = {}
        self._announce: Callable[[], Awaitable[None]] = _tell_nobody
        self.changed = Bell()

    def herald(self, announce: Callable[[], Awaitable[None]]) -> None:
        """Have *announce* tell the other servers what is `reached` before it is used.

        A server may die a moment after it began something; then the others know on whose cluster that is.
        """
        self._announce = announce

    def reached(self) -> Sequence[str]:
        """Return the clusters of which it is certain that this server reaches them, in their order."""
        return [name for name in self._clusters if name in self._reached]

    # the fleet, as the JobManager sees it

    def names(self) -> Sequence[str]:
        """Return the configured clusters, in their order."""
        return list(self._clusters)

    def runtime(self, cluster: str) -> Runtime:
        """Return the runtime of *cluster*.

        Raise `ElsewhereError` if this server has none of that name, `UnavailableError` unless it is `usable`.
        """
        found = self._clusters.get(cluster)
        if found is None or cluster in self._refused:
            raise ElsewhereError(f"this server does not reach cluster {cluster}", cluster)
        if cluster not in self._usable:
            raise UnavailableError(f"it is not certain yet which cluster {cluster} is")
        return found.runtime

    def usable(self, cluster: str) -> bool:
        """Tell whether it is certain that this server reaches what *cluster* stands for, and others know."""
        return cluster in self._usable

    def answered(self, cluster: str) -> None:
        """Note that *cluster* answered just now."""
        if cluster in self._refused:
            return
        status = self._status[cluster]
        at = self._clock()
        if status.health is not Health.OK:
            log.info("cluster %s answers", cluster)
            status = replace(status, health=Health.OK, since=at, reason="")
            self.changed.ring()
        self._status[cluster] = replace(status, seen=at)

    def silent(self, cluster: str, error: UnavailableError) -> None:
        """Note that *cluster* did not answer."""
        self._identities.forget(cluster)
        if (status := self._status.get(cluster)) is None or cluster in self._refused:
            return
        if status.health is not Health.UNREACHABLE:
            log.warning("cluster %s is unreachable: %s", cluster, error)
            status = replace(status, health=Health.UNREACHABLE, since=self._clock())
        self._status[cluster] = replace(status, reason=str(error))

    async def check(self, placement: PlacementSpec) -> None:
        """Raise `InvalidError` if *placement* names a cluster or policy not on offer, or wrong options."""
        if placement.cluster is not None and placement.cluster not in self._clusters:
            elsewhere = await self._elsewhere.look()
            if placement.cluster not in elsewhere:
                offered = ", ".join((*self._clusters, *sorted(elsewhere))) or "none"
                reason = f"there is no cluster {placement.cluster!r}"
                raise InvalidError.of("placement.cluster", reason, f"one of {offered}")
        if placement.policy is None:
            return
        policy = self._policies.get(placement.policy)
        if policy is None:
            offered = ", ".join(sorted(self._policies))
            reason = f"there is no policy {placement.policy!r}"
            raise InvalidError.of("placement.policy", reason, f"one of {offered}")
        request = Request(resources=Resources(), options=placement.options)
        self._counsel.rank(placement.policy, policy, request, [])

    def placer(self, usage: Sequence[Usage]) -> Placer:
        """Return a placer for one scan of the queue."""
        return Placer(
            list(self._clusters.values()),
            {name: self.status(name) for name in self._clusters},
            usage,
            self._policies,
            self._default_policy,
            self._counsel,
            self._clock,
            self._elsewhere.known,
        )

    # the life of the statuses

    async def run(self) -> None:
        """Probe every cluster at intervals, each by itself, and look what others reach, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._elsewhere.run())
            for cluster in self._clusters.values():
                group.create_task(self._probe(cluster))

    async def _probe(self, cluster: Cluster) -> None:
        while True:
            await self.probe(cluster.name)
            await asyncio.sleep(PROBE_S)

    async def probe(self, name: str) -> None:
        """Ask one cluster for its capacity, and the records which clusters are drained."""
        cluster = self._find(name)
        try:
            async with asyncio.timeout(PROBE_LIMIT_S):
                identity = await self._identities.ask(cluster)
                capacity = await cluster.runtime.capacity()
        except TimeoutError:
            self.silent(name, UnavailableError(f"no answer within {PROBE_LIMIT_S:g} s"))
        except SubmarineError as error:
            self.silent(name, UnavailableError(str(error)))
        except Exception as error:  # a plugin may raise anything, and must not stop the others
            log.exception("cluster %s failed a probe", name)
            self.silent(name, UnavailableError(f"its plugin failed: {type(error).__name__}: {error}"))
        else:
            await self._identified(name, identity)
            if name in self._usable:
                self._status[name] = replace(self._status[name], capacity=capacity)
                self.answered(name)
        try:
            async with self._records.read() as tx:
                self._drained = frozenset(await tx.clusters.drained())
        except SubmarineError:
            log.warning("the records do not say which clusters are drained")

    async def _identified(self, name: str, identity: str | None) -> None:
        """Use the cluster, or refuse to, by what its name stands for in the records."""
        try:
            refusal = await self._identities.refusal(name, identity)
        except UnavailableError as error:
            log.warning("the records do not say which cluster %s is: %s", name, error)
            return
        if not refusal:
            self._refused.pop(name, None)
            await self._use(name)
            return
        if name not in self._refused:
            log.error("cluster %s is not used: %s", name, refusal)
            self._status[name] = ClusterStatus(name=name, health=Health.MISCONFIGURED, since=self._clock())
            self.changed.ring()
        self._reached.discard(name)
        self._usable.discard(name)
        self._refused[name] = refusal
        self._status[name] = replace(self._status[name], reason=refusal)

    async def _use(self, name: str) -> None:
        """Take work for *name* from now on, once the other servers were told that it is reached from here."""
        if name in self._usable:
            return
        self._reached.add(name)
        try:
            await self._announce()
        except UnavailableError as error:
            log.warning("cluster %s is not used yet, for no other server can be told: %s", name, error)
        else:
            self._usable.add(name)

    def status(self, name: str) -> ClusterStatus:
        """Return what is known of *name*; a drained cluster that answers is draining."""
        status = self._status[self._find(name).name]
        if name in self._drained and status.health not in {Health.UNREACHABLE, Health.MISCONFIGURED}:
            return replace(
                status, health=Health.DRAINING, reason="an operator drains it: no new work goes there"
            )
        return status

    def silence(self, name: str) -> float:
        """Return how many seconds ago *name* last answered; since we started, if it never did."""
        status = self._status[self._find(name).name]
        return (self._clock() - (status.seen or status.since)) / 1000

    # use-cases

    async def list(self, principal: Principal) -> Sequence[ClusterView]:
        """Return all clusters: whoever is logged in may see where work could run."""
        del principal  # the counts below are totals, which name nobody
        async with self._records.read() as tx:
            usage, queued = await tx.jobs.usage(), await tx.jobs.waiting()
        here = [self._view(cluster, usage, queued) for cluster in self._clusters.values()]
        there = await self._elsewhere.look()
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
        identity = await self._identities.ask(self._find(name))
        if identity is None:
            raise ConflictError(f"cluster {name} cannot tell who it is, so its name is never refused")
        event = AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=principal.name,
            action="cluster.adopt",
            target=name,
            request=request,
        )
        async with self._records.begin() as tx:
            recorded = await tx.clusters.identify(name, identity)
            if recorded != identity and not force:
                why = await work_on(tx, name) if recorded else ""
                if why := why or await self._identities.in_use(tx, name, identity):
                    raise ConflictError(f"{why}; or force it and have what is there counted as lost")
            await tx.clusters.adopt(name, identity)
            await tx.access.audit([event])
        await self.probe(name)
        return await self.get(principal, name)

    async def list_orphans(self, principal: Principal, name: str) -> Sequence[tuple[Orphan, int]]:
        """Return the orphans of a cluster and when each is swept (Unix ms)."""
        _require_admin(principal, Scope.READ)
        await self._require_here(name)
        async with self._records.read() as tx:
            found = await tx.clusters.orphans(name)
        return [(orphan, orphan.first_seen + self.orphanage.grace) for orphan in found]

    async def _set_drain(self, principal: Principal, name: str, *, drain: bool, request: str) -> ClusterView:
        _require_admin(principal, Scope.ADMIN)
        await self._require_here(name)
        event = AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=principal.name,
            action="cluster.drain" if drain else "cluster.resume",
            target=name,
            request=request,
        )
        async with self._records.begin() as tx:
            await tx.clusters.set_drain(name, drain)
            await tx.access.audit([event])
        self._drained = self._drained | {name} if drain else self._drained - {name}
        self.changed.ring()
        return await self.get(principal, name)

    def _view(self, cluster: Cluster, usage: Sequence[Usage], queued: int) -> ClusterView:
        return ClusterView(
            name=cluster.name,
            kind=cluster.kind,
            labels=cluster.labels,
            status=self.status(cluster.name),
            running=_running(cluster.name, usage),
            queued=queued,
        )

    async def _require_here(self, name: str) -> None:
        """Raise `ElsewhereError` if only another server reaches *name*, `NotFoundError` if none does."""
        if name not in self._clusters and name in await self._elsewhere.look():
            raise ElsewhereError(f"this server does not reach cluster {name}", name)
        self._find(name)

    def _find(self, name: str) -> Cluster:
        try:
            return self._clusters[name]
        except KeyError:
            offered = ", ".join(self._clusters) or "none"
            raise NotFoundError(f"no cluster {name!r}; configured: {offered}") from None


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


async def _tell_nobody() -> None:
    pass


def _require_admin(principal: Principal, scope: Scope) -> None:
    if not principal.admin or principal.scope < scope:
        raise ForbiddenError("only an administrator may do this, with a token of scope admin")
