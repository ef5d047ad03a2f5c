"""Whether a cluster's name stands for the same cluster for every server on these records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from submarine.core.clusters.cluster import Cluster
from submarine.core.clusters.store import ClusterRecords
from submarine.core.ports.runtime import Identifiable


class Identities:
    """The first server that uses a name records what it stands for; whoever reaches another one is refused.

    Two servers may each call a cluster of their own ``local``. Whoever followed both would find the
    jobs of one missing on the other, and call them lost. Of two *names* (in the order of the settings)
    of one cluster the later is refused: each would take the jobs of the other for orphans, and end them.
    """

    def __init__(self, records: ClusterRecords, names: Sequence[str] = ()) -> None:
        self._records = records
        self._names = names
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
            all_recorded = await tx.clusters.identities()
        if other := self._namesake(name, identity, all_recorded):
            return (
                f"it is the same cluster as {other}: under two names each would take the jobs of the other"
                " for orphans; leave one of the two out of the settings, or give one a place of its own there"
            )
        recorded = all_recorded.get(name)
        if recorded is None:
            async with self._records.begin() as tx:
                recorded = await tx.clusters.identify(name, identity)
        if recorded == identity:
            return ""
        return (
            f"the name {name} stands for another cluster ({recorded}; this one is {identity}): give this one"
            f" a name of its own, or move the name here by 'submarine cluster adopt {name}'"
        )

    def _namesake(self, name: str, identity: str, recorded: Mapping[str, str]) -> str | None:
        """Return the name, earlier in the settings than *name*, that stands for *identity* too."""
        for other in self._names:
            if other == name:
                return None
            if identity in {self._known.get(other), recorded.get(other)}:
                return other
        return None
