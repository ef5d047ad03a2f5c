"""Whether a cluster has one name, and the name one cluster, for every server on these records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.core.clusters.cluster import Cluster
from submarine.core.clusters.store import ClusterRecords, ClusterTransaction
from submarine.core.jobs.lifecycle import PLACED
from submarine.core.ports.runtime import Identifiable

_FEW: Final = 4


class Identities:
    """The first server that uses a name records what it stands for; whoever reaches another one is refused.

    Two servers may each call a cluster of their own ``local``. Whoever followed both would find the
    jobs of one missing on the other, and call them lost. Of two *names* of one cluster, in one server's
    settings or in those of two, the one recorded first is used and the other refused: each would take
    the jobs of the other for orphans, and end them.
    """

    def __init__(self, records: ClusterRecords, names: Sequence[str] = (), owner: str = "") -> None:
        self._records = records
        self._names = names
        self._owner = owner
        self._known: dict[str, str] = {}

    async def ask(self, cluster: Cluster) -> str | None:
        """Return what *cluster* says it is, None if it cannot say; asked once until `forget`."""
        if not isinstance(cluster.runtime, Identifiable):
            return None
        if cluster.name not in self._known:
            self._known[cluster.name] = await cluster.runtime.identity()
        return self._known[cluster.name]

    def forget(self, name: str) -> None:
        """Ask the cluster again the next time: it was away, and may be another."""
        self._known.pop(name, None)

    async def refusal(self, name: str, identity: str | None) -> str:
        """Return why the cluster of that *identity* must not be used as *name*, "" if it may.

        A name of it that nobody uses any more, and under which nothing is there, gives way to *name*.
        """
        if identity is None:
            return ""
        async with self._records.read() as tx:
            recorded = await tx.clusters.identities()
        if recorded.get(name) == identity:
            return ""
        async with self._records.begin() as tx:
            recorded_now = await tx.clusters.identify(name, identity)
            if recorded_now == identity:
                return ""
            if recorded_now:
                return (
                    f"the name {name} stands for another cluster ({recorded_now}; this one is {identity}):"
                    " give this one a name of its own, or move the name here by"
                    f" 'submarine cluster adopt {name}'"
                )
            if why := await self.in_use(tx, name, identity):
                return why
            await tx.clusters.adopt(name, identity)
        return ""

    async def in_use(self, tx: ClusterTransaction, name: str, identity: str) -> str:
        """Return why *name* may not take the place of the name that *identity* has, "" if it may."""
        recorded = await tx.clusters.identities()
        other = next((known for known, said in recorded.items() if said == identity and known != name), None)
        if other is None:
            return ""
        same = f"it is the same cluster as {other}"
        if other in self._names:
            return (
                f"{same}: under two names each would take the jobs of the other for orphans; leave one of"
                " the two out of the settings, or give one a place of its own there"
            )
        for sighting in await tx.servers.sightings():
            if other in sighting.server.clusters and sighting.server.id != self._owner:
                return (
                    f"{same}, as which it is used by {sighting.told}: under two names each would take the"
                    f" jobs of the other for orphans; call it {other} in these settings too, or, if that"
                    f" server will never come back, move it by 'submarine cluster adopt {name} --force'"
                )
        if why := await work_on(tx, other):
            return f"{same}, and {why}; call it {other} until then"
        return ""


async def work_on(tx: ClusterTransaction, name: str) -> str:
    """Return what we would lose on the cluster of that *name*, and what to wait for; "" if nothing."""
    if jobs := await tx.jobs.on_cluster(name, PLACED, limit=_FEW):
        named = ", ".join(job.name for job in jobs[: _FEW - 1]) + (", …" if len(jobs) == _FEW else "")
        return f"jobs are on the cluster that {name} stands for ({named}): wait for their end"
    if await tx.jobs.uncollected(name, 1):
        return (
            f"logs are still on the cluster that {name} stands for: wait until its server has collected them"
        )
    return ""
