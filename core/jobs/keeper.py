"""The loops of one cluster, run by the one server that holds its lease."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from submarine.core.errors import SubmarineError
from submarine.core.jobs.chronicler import Chronicler
from submarine.core.jobs.collector import Collector
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.lease import Lease
from submarine.core.jobs.monitor import Monitor
from submarine.core.jobs.reconciler import Reconciler

log = logging.getLogger(__name__)

LEASE_MS: Final = 15_000
RENEW_S: Final = 5.0
SOON_S: Final = 0.25


class ClusterKeeper:
    """Follows, reconciles, collects and listens while it holds the lease.

    A keeper that stood still while another took over harms nobody when it goes on: what it writes is
    checked against its lease and the job's version, and the lease is confirmed before a runtime is asked
    to end or remove something.
    """

    def __init__(
        self,
        cluster: str,
        fleet: Fleet,
        lease: Lease,
        monitor: Monitor,
        reconciler: Reconciler,
        collector: Collector,
        chronicler: Chronicler,
    ) -> None:
        self.cluster = cluster
        self._fleet = fleet
        self.lease = lease
        self.monitor = monitor
        self.reconciler = reconciler
        self.collector = collector
        self.chronicler = chronicler

    async def run(self) -> None:
        """Work whenever the lease is ours, wait for it otherwise."""
        work: asyncio.Task[None] | None = None
        held: int | None = None
        try:
            while True:
                token = await self._acquire()
                if work and (token != held or work.done()):
                    await _stop(work)
                    work = None
                if token is not None and work is None:
                    log.info("cluster %s is followed by this server (token %d)", self.cluster, token)
                    work = asyncio.create_task(self._work())
                held = token
                await asyncio.sleep(RENEW_S if self._fleet.usable(self.cluster) else SOON_S)
        finally:
            await _stop(work)
            await self.lease.release()

    async def _work(self) -> None:
        self.monitor.begin()
        async with asyncio.TaskGroup() as group:
            for loop in (
                self.monitor.watch,
                self.monitor.run,
                self.reconciler.run,
                self.collector.run,
                self.chronicler.listen,
                self.chronicler.run,
            ):
                group.create_task(loop())

    async def _acquire(self) -> int | None:
        """Return the token the lease is held under; while the records are away, until it may be over.

        Who does not reach the cluster leaves the lease to those who do.
        """
        if not self._fleet.usable(self.cluster):
            await self.lease.release()
            return None
        try:
            return await self.lease.acquire(LEASE_MS, LEASE_MS / 3000)
        except SubmarineError as error:  # whatever it is, the lease may be had again: never end the engine
            log.warning("the lease of %s cannot be renewed: %s", self.cluster, error)
            return self.lease.fence.token if self.lease.left > RENEW_S else None


async def _stop(work: asyncio.Task[None] | None) -> None:
    if work is not None:
        work.cancel()
        for error in await asyncio.gather(work, return_exceptions=True):
            if isinstance(error, Exception):
                log.warning("following the cluster ended: %s", _first(error))


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
