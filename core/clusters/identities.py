"""Whether a cluster's name stands for the same cluster for every server on these records."""

from __future__ import annotations

from submarine.core.clusters.cluster import Cluster
from submarine.core.clusters.store import ClusterRecords
from submarine.core.ports.runtime import Identifiable


class Identities:
    """The first server that uses a name records what it stands for; whoever reaches another one is refused.

    Two servers may each call a cluster of their own ``local``. Whoever followed both would find the
    jobs of one missing on the other, and call them lost.
    """

    def __init__(self, records: ClusterRecords) -> None:
        self._records = records
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
        """Return why the cluster of that *identity* must not be used as *name*, "" if it may."""
        if identity is None:
            return ""
        async with self._records.read() as tx:
            recorded = (await tx.clusters.identities()).get(name)
        if recorded is None:
            async with self._records.begin() as tx:
                recorded = await tx.clusters.identify(name, identity)
        if recorded == identity:
            return ""
        return (
            f"the name {name} stands for another cluster ({recorded}; this one is {identity}): give this one"
            f" a name of its own, or move the name here by 'submarine cluster adopt {name}'"
        )
