"""The clusters of this server: how each fares, and what the JobManager may ask of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.clusters.cluster import Cluster, ClusterStatus, Health
from submarine.core.clusters.counsel import Counsel
from submarine.core.clusters.elsewhere import Elsewhere
from submarine.core.clusters.identities import Identities
from submarine.core.clusters.placer import Placer
from submarine.core.clusters.store import ClusterRecords
from submarine.core.errors import (
    ElsewhereError,
    InvalidError,
    NotFoundError,
    SubmarineError,
    UnavailableError,
)
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import Usage
from submarine.core.ports.placement import PlacementPolicy, Request
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.resources import Resources

log = logging.getLogger(__name__)

PROBE_S: Final = 3.0
PROBE_LIMIT_S: Final = 10.0


class ClusterFleet:
    """Fills `submarine.core.jobs.fleet.Fleet`: a status per cluster in memory, asked for at intervals."""

    def __init__(
        self,
        records: ClusterRecords,
        clusters: Sequence[Cluster],
        policies: Mapping[str, PlacementPolicy],
        default_policy: str,
        owner: str = "",
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._clusters = {cluster.name: cluster for cluster in clusters}
        self._policies = policies
        self._default_policy = default_policy
        self._counsel = Counsel()
        self._clock = clock
        self._status = {c.name: ClusterStatus(name=c.name, since=clock()) for c in clusters}
        self._drained: frozenset[str] = frozenset()
        self._reached: set[str] = set()
        self._usable: set[str] = set()
        self._refused: dict[str, str] = {}
        self._announce: Callable[[], Awaitable[None]] = _tell_nobody
        self.identities = Identities(records, [cluster.name for cluster in clusters], owner)
        self.elsewhere = Elsewhere(records, self._clusters)
        self.changed = Bell()

    def herald(self, announce: Callable[[], Awaitable[None]]) -> None:
        """Have *announce* tell the other servers what is `reached` before it is used.

        A server may die a moment after it began something; then the others know on whose cluster that is.
        """
        self._announce = announce

    def reached(self) -> Sequence[str]:
        """Return the clusters of which it is certain that this server reaches them, in their order."""
        return [name for name in self._clusters if name in self._reached]

    def cluster(self, name: str) -> Cluster:
        """Return the configured cluster; raise `NotFoundError`, naming those on offer, if there is none."""
        try:
            return self._clusters[name]
        except KeyError:
            offered = ", ".join(self._clusters) or "none"
            raise NotFoundError(f"no cluster {name!r}; configured: {offered}") from None

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
        self.identities.forget(cluster)
        if (status := self._status.get(cluster)) is None or cluster in self._refused:
            return
        if status.health is not Health.UNREACHABLE:
            log.warning("cluster %s is unreachable: %s", cluster, error)
            status = replace(status, health=Health.UNREACHABLE, since=self._clock())
        self._status[cluster] = replace(status, reason=str(error))

    async def check(self, placement: PlacementSpec) -> None:
        """Raise `InvalidError` if *placement* names a cluster or policy not on offer, or wrong options."""
        if placement.cluster is not None and placement.cluster not in self._clusters:
            elsewhere = await self.elsewhere.look()
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
            self.elsewhere.known,
        )

    async def run(self) -> None:
        """Probe every cluster at intervals, each by itself, and look what others reach, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.elsewhere.run())
            for cluster in self._clusters.values():
                group.create_task(self._probe(cluster))

    async def _probe(self, cluster: Cluster) -> None:
        while True:
            await self.probe(cluster.name)
            await asyncio.sleep(PROBE_S)

    async def probe(self, name: str) -> None:
        """Ask one cluster for its capacity, and the records which clusters are drained."""
        cluster = self.cluster(name)
        try:
            async with asyncio.timeout(PROBE_LIMIT_S):
                identity = await self.identities.ask(cluster)
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
            refusal = await self.identities.refusal(name, identity)
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
        status = self._status[self.cluster(name).name]
        if name in self._drained and status.health not in {Health.UNREACHABLE, Health.MISCONFIGURED}:
            return replace(
                status, health=Health.DRAINING, reason="an operator drains it: no new work goes there"
            )
        return status

    def silence(self, name: str) -> float:
        """Return how many seconds ago *name* last answered; since we started, if it never did."""
        status = self._status[self.cluster(name).name]
        return (self._clock() - (status.seen or status.since)) / 1000

    def drain(self, name: str, *, drain: bool) -> None:
        """Send no new work to *name* from now on, or work again, as the records say already."""
        self._drained = self._drained | {name} if drain else self._drained - {name}
        self.changed.ring()


async def _tell_nobody() -> None:
    pass
