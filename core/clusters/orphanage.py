"""Remembers what runs on a cluster under our names and no record wants, until its grace is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.clusters.cluster import Orphan
from submarine.core.clusters.store import ClusterRecords
from submarine.core.failpoints import reach
from submarine.core.workloads.workload import Handle, parse_handle

ORPHAN_GRACE_MS: Final = 600_000


class Orphanage:
    """The reconciler's `OrphanKeeper`, in the records, so that all servers know the same orphans."""

    def __init__(self, records: ClusterRecords, grace: int = ORPHAN_GRACE_MS, clock: Clock = now) -> None:
        self.grace = grace
        self._records = records
        self._clock = clock

    async def orphans(self, cluster: str, present: Sequence[Handle]) -> Sequence[Handle]:
        """Note which of *present* no record wants; return those whose grace is over."""
        at = self._clock()
        pairs = {handle: parse_handle(handle) for handle in present}
        async with self._records.read() as tx:
            known = await tx.jobs.known_attempts(cluster, set(pairs.values()))
            noted = {orphan.handle: orphan for orphan in await tx.clusters.orphans(cluster)}
        found = {
            handle: "its job ended and was collected" if pair in known else "no job of ours has this name"
            for handle, pair in pairs.items()
            if not known.get(pair, False)
        }
        fresh = [
            Orphan(cluster=cluster, handle=handle, first_seen=at, reason=reason)
            for handle, reason in found.items()
            if handle not in noted
        ]
        gone = noted.keys() - found.keys()
        if fresh or gone:
            reach("orphans.noting")
            async with self._records.begin() as tx:
                await tx.clusters.note_orphans(cluster, fresh)
                await tx.clusters.forget_orphans(cluster, gone)
        return [
            Handle(handle)
            for handle, orphan in noted.items()
            if handle in found and orphan.first_seen + self.grace <= at
        ]

    async def swept(self, cluster: str, handle: Handle) -> None:
        """Forget *handle*, which was removed."""
        async with self._records.begin() as tx:
            await tx.clusters.forget_orphans(cluster, [handle])
