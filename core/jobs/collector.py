"""Brings the output of ended attempts home, then cleans the cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

from submarine.core.clock import now
from submarine.core.errors import NotFoundError, SubmarineError, UnavailableError
from submarine.core.events.event import Event
from submarine.core.failpoints import reach
from submarine.core.jobs.chronicler import event_of
from submarine.core.jobs.endurance import Endurance
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lease import Lease, LeaseLostError, lost
from submarine.core.jobs.logs import log_key
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords
from submarine.core.ports.object_store import ObjectStore
from submarine.core.ports.runtime import Readable, Runtime, Spooling
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

BATCH: Final = 100
AT_ONCE: Final = 4
INTERVAL_S: Final = 5.0
LOST_OUTPUT: Final = "OutputLost"
"""The reason of a remark: what an attempt wrote could not be had."""


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
        self._endurance = Endurance()
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
        """Collect a batch of ended attempts; return how many were looked at.

        Those that could not be read of late are left out, and keep none of the others waiting.
        """
        async with self._records.read() as tx:
            waiting = await tx.jobs.uncollected(self._cluster, BATCH + len(self._endurance))
            attempts = [attempt for attempt in waiting if self._endurance.due(attempt.handle)][:BATCH]
            jobs = {job.id: job for job in await tx.jobs.many({a.job for a in attempts})}
        self._endurance.keep({attempt.handle for attempt in waiting})
        gate = asyncio.Semaphore(AT_ONCE)
        found = await asyncio.gather(
            *(self._try(gate, a, jobs[a.job]) for a in attempts if a.job in jobs), return_exceptions=True
        )
        failures = [error for error in found if isinstance(error, BaseException)]
        for error in failures:
            if not isinstance(error, SubmarineError) or isinstance(error, LeaseLostError):
                raise error
        if failures:
            raise UnavailableError(f"{len(failures)} of {len(attempts)} attempts: {failures[0]}")
        return len(attempts)

    async def _try(self, gate: asyncio.Semaphore, attempt: Attempt, job: Job) -> None:
        async with gate:
            runtime = self._fleet.runtime(self._cluster)
            try:
                await self._collect(runtime, attempt, job)
            except UnavailableError:
                self._endurance.failed(attempt.handle, answered=await _answers(runtime, attempt.handle))
                raise

    async def _collect(self, runtime: Runtime, attempt: Attempt, job: Job) -> None:
        lost: list[Remark] = []
        reach("collector.copying")
        if isinstance(runtime, Readable):
            for role in job.spec.roles:
                for index in range(role.replicas):
                    await self._copy(runtime, attempt, role.name, index, lost)
        reach("collector.logged")
        if isinstance(runtime, Spooling):
            lines = runtime.spool(attempt.handle)
            if self._endurance.spent(attempt.handle):
                lines = _as_far_as_it_goes(lines, attempt.handle, "", lost)
            await self._spool.ingest_spool(job.id, lines)
        reach("collector.copied")
        await self._clean(runtime, attempt, [event_of(job, remark) for remark in lost])

    async def _copy(
        self, runtime: Readable, attempt: Attempt, role: str, index: int, lost: list[Remark]
    ) -> None:
        key = log_key(attempt.job, attempt.number, role, index)
        log = runtime.logs(attempt.handle, role, index)
        if self._endurance.spent(attempt.handle):
            log = _remarked(log, attempt.handle, f"{role}-{index}", lost)
        try:
            await self._store.put(key, self._whole(attempt, log))
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

    async def _clean(self, runtime: Runtime, attempt: Attempt, told: Sequence[Event]) -> None:
        """Mark first, remove then: what is marked and still there is an orphan, and will be swept."""
        fence = self._lease.fence
        async with self._records.begin() as tx:
            if not await tx.leases.hold(fence.name, fence.token):
                raise lost(fence)
            await tx.jobs.mark_collected(attempt)
            await tx.events.append(told)
        reach("collector.marked")
        await runtime.remove(attempt.handle)
        reach("collector.removed")


async def _as_far_as_it_goes(
    parts: AsyncIterator[bytes], handle: Handle, replica: str, lost: list[Remark]
) -> AsyncIterator[bytes]:
    """Yield what of *parts* can be read: of a replica's output, or of what all spooled; note why no more."""
    what = f"output of {replica}" if replica else "metrics that were kept on the cluster"
    try:
        async for part in parts:
            yield part
    except UnavailableError as error:
        remark = Remark(
            handle=handle,
            subject=handle,
            replica=replica,
            reason=LOST_OUTPUT,
            message=f"{what} could not be read: {error}",
            warning=True,
            at=now(),
        )
        lost.append(remark)


async def _remarked(
    log: AsyncIterator[bytes], handle: Handle, replica: str, lost: list[Remark]
) -> AsyncIterator[bytes]:
    """Yield what of *log* can be read, and say in the end if that is not all."""
    before, last = len(lost), b"\n"
    async for last in _as_far_as_it_goes(log, handle, replica, lost):
        yield last
    if len(lost) > before:
        yield (b"" if last.endswith(b"\n") else b"\n") + f"submarine: {lost[-1].message}\n".encode()


async def _answers(runtime: Runtime, handle: Handle) -> bool:
    """Tell whether the cluster is there: then it is the attempt's own node that is not."""
    try:
        await runtime.observe([handle])
    except SubmarineError:
        return False
    return True
