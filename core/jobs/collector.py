"""Brings the output of ended attempts home, then cleans the cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final, Protocol

from submarine.core.errors import NotFoundError, SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lease import Lease, LeaseLostError, lost
from submarine.core.jobs.logs import log_key
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords
from submarine.core.ports.object_store import ObjectStore
from submarine.core.ports.runtime import Readable, Runtime, Spooling

log = logging.getLogger(__name__)

BATCH: Final = 100
AT_ONCE: Final = 4
INTERVAL_S: Final = 5.0


class SpoolTaker(Protocol):
    """Takes what the SDK in a job could not send."""

    async def ingest_spool(self, experiment: str, lines: AsyncIterator[bytes]) -> None:
        """Record *lines*, each once, however often they are given."""
        ...


class Collector:
    """One cluster's. Collecting twice is as good as once, so that a crash anywhere only repeats it."""

    def __init__(
        self,
        cluster: str,
        records: JobRecords,
        fleet: Fleet,
        store: ObjectStore,
        spool: SpoolTaker,
        lease: Lease,
    ) -> None:
        self._cluster = cluster
        self._records = records
        self._fleet = fleet
        self._store = store
        self._spool = spool
        self._lease = lease
        self.bell = Bell()

    async def run(self) -> None:
        """Collect when the bell rings and at intervals; raise `LeaseLostError` when it is not ours to do."""
        while True:
            try:
                while await self.collect() == BATCH:
                    pass
            except LeaseLostError:
                raise
            except SubmarineError as error:
                log.warning("logs on cluster %s wait to be collected: %s", self._cluster, error)
            except Exception:
                log.exception("collecting logs on cluster %s failed; it is repeated", self._cluster)
            await self.bell.wait(INTERVAL_S)

    async def collect(self) -> int:
        """Collect a batch of ended attempts; return how many were looked at."""
        async with self._records.read() as tx:
            attempts = await tx.jobs.uncollected(self._cluster, BATCH)
            jobs = {job.id: job for job in await tx.jobs.many({a.job for a in attempts})}
        gate = asyncio.Semaphore(AT_ONCE)
        found = await asyncio.gather(
            *(self._collect(gate, a, jobs[a.job]) for a in attempts if a.job in jobs), return_exceptions=True
        )
        failures = [error for error in found if isinstance(error, BaseException)]
        for error in failures:
            if not isinstance(error, SubmarineError) or isinstance(error, LeaseLostError):
                raise error
        if failures:
            raise UnavailableError(f"{len(failures)} of {len(attempts)} attempts: {failures[0]}")
        return len(attempts)

    async def _collect(self, gate: asyncio.Semaphore, attempt: Attempt, job: Job) -> None:
        async with gate:
            reach("collector.copying")
            runtime = self._fleet.runtime(self._cluster)
            if isinstance(runtime, Readable):
                for role in job.spec.roles:
                    for index in range(role.replicas):
                        await self._copy(runtime, attempt, role.name, index)
            reach("collector.logged")
            if isinstance(runtime, Spooling):
                await self._spool.ingest_spool(job.id, runtime.spool(attempt.handle))
            reach("collector.copied")
            await self._clean(runtime, attempt)

    async def _copy(self, runtime: Readable, attempt: Attempt, role: str, index: int) -> None:
        key = log_key(attempt.job, attempt.number, role, index)
        try:
            await self._store.put(key, self._whole(attempt, runtime.logs(attempt.handle, role, index)))
        except NotFoundError:
            return  # it never began, or an earlier round removed it after it was copied

    async def _whole(self, attempt: Attempt, log: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield *log*; raise `LeaseLostError` at its end, so that nothing is stored, if it may be cut off.

        Another server may have taken over, collected and removed the attempt while we read. Removal
        comes after the mark: what was read before there was a mark is whole, whoever reads it.
        """
        async for chunk in log:
            yield chunk
        async with self._records.read() as tx:
            now = next((a for a in await tx.jobs.attempts(attempt.job) if a.number == attempt.number), None)
        if now is None or now.collected:
            raise LeaseLostError(f"{attempt.handle} was collected by another server")

    async def _clean(self, runtime: Runtime, attempt: Attempt) -> None:
        """Mark first, remove then: what is marked and still there is an orphan, and will be swept."""
        fence = self._lease.fence
        async with self._records.begin() as tx:
            if not await tx.leases.hold(fence.name, fence.token):
                raise lost(fence)
            await tx.jobs.mark_collected(attempt)
        reach("collector.marked")
        await runtime.remove(attempt.handle)
        reach("collector.removed")
