"""The loops of one cluster, run by the one server that holds its lease."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import UnavailableError
from submarine.core.jobs.collector import Collector
from submarine.core.jobs.monitor import Monitor
from submarine.core.jobs.reconciler import Reconciler
from submarine.core.jobs.store import JobRecords

log = logging.getLogger(__name__)

LEASE_MS: Final = 15_000
RENEW_S: Final = 5.0


class ClusterKeeper:
    """Follows, reconciles and collects while it holds the lease.

    The lease only saves work: two keepers at once would do no harm, because every step is fenced by
    the job's version and every call to a runtime may be repeated.
    """

    def __init__(
        self,
        cluster: str,
        owner: str,
        records: JobRecords,
        monitor: Monitor,
        reconciler: Reconciler,
        collector: Collector,
        clock: Clock = now,
    ) -> None:
        self.cluster = cluster
        self.monitor = monitor
        self.reconciler = reconciler
        self.collector = collector
        self._owner = owner
        self._records = records
        self._clock = clock

    async def run(self) -> None:
        """Work whenever the lease is ours, wait for it otherwise."""
        name = f"cluster/{self.cluster}"
        work: asyncio.Task[None] | None = None
        held = 0
        try:
            while True:
                if await self._acquire(name):
                    held = self._clock()
                    work = work if work and not work.done() else asyncio.create_task(self._work())
                elif work and self._clock() - held > LEASE_MS - RENEW_S * 1000:
                    await _stop(work)
                    work = None
                await asyncio.sleep(RENEW_S)
        finally:
            await _stop(work)
            await self._release(name)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for loop in (self.monitor.watch, self.monitor.run, self.reconciler.run, self.collector.run):
                group.create_task(loop())

    async def _acquire(self, name: str) -> bool:
        try:
            async with self._records.begin() as tx:
                return await tx.leases.acquire(name, self._owner, self._clock(), LEASE_MS)
        except UnavailableError as error:
            log.warning("the lease of %s cannot be renewed: %s", name, error)
            return False

    async def _release(self, name: str) -> None:
        try:
            async with self._records.begin() as tx:
                await tx.leases.release(name, self._owner)
        except UnavailableError:
            log.warning("the lease of %s is left to expire", name)


async def _stop(work: asyncio.Task[None] | None) -> None:
    if work is not None:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
