"""Writes what a cluster says of our jobs into their timelines: each remark once, and not without end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from submarine.core.errors import SubmarineError, UnavailableError
from submarine.core.events.event import Event
from submarine.core.events.history import history
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.lease import Lease, LeaseLostError, lost
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords, JobTransaction
from submarine.core.jobs.told import REMARK, Told, read_told
from submarine.core.ports.runtime import Remarking
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle, parse_handle

log = logging.getLogger(__name__)

BATCH: Final = 500
WAITING: Final = 5_000
REMEMBERED: Final = 10_000
TOGETHER_S: Final = 0.3
"""What comes within this time is written together."""
AGAIN_S: Final = 1.0
AGAIN_LIMIT_S: Final = 30.0


class Chronicler:
    """One cluster's, for as long as its lease is held.

    What is told already is read back from the timeline itself, and only the holder of the lease writes
    there; so neither a restart, nor another server, nor a cluster that repeats itself doubles anything.
    """

    def __init__(self, cluster: str, records: JobRecords, fleet: Fleet, lease: Lease) -> None:
        self._cluster = cluster
        self._records = records
        self._fleet = fleet
        self._lease = lease
        self._waiting: dict[tuple[str, ...], Remark] = {}
        self._told: dict[Handle, Told] = {}
        self._bell = Bell()
        self._room = asyncio.Event()

    async def listen(self) -> None:
        """Hear what the cluster says; return at once if it says nothing. Listens again when it was away."""
        pause = AGAIN_S
        while True:
            try:
                runtime = self._fleet.runtime(self._cluster)
                if not isinstance(runtime, Remarking):
                    return
                async for remark in runtime.remarks():
                    pause = AGAIN_S
                    await self._hear(remark)
            except UnavailableError as error:  # the monitor notes that it is away
                log.debug("cluster %s says nothing: %s", self._cluster, error)
            except Exception:
                log.exception("listening to cluster %s broke; it starts again", self._cluster)
            await asyncio.sleep(pause)
            pause = min(pause * 2, AGAIN_LIMIT_S)

    async def run(self) -> None:
        """Write what was heard; raise `LeaseLostError` when it is no longer ours to do."""
        self._told.clear()  # another server may have written since
        while True:
            await self._bell.wait(AGAIN_LIMIT_S)
            await asyncio.sleep(TOGETHER_S)
            while self._waiting:
                batch = [self._waiting.pop(words) for words in list(self._waiting)[:BATCH]]
                self._room.set()
                try:
                    await self.record(batch)
                except LeaseLostError:
                    raise
                except SubmarineError as error:
                    log.warning("%d remarks wait for the records: %s", len(batch), error)
                    self._waiting = {remark.words: remark for remark in batch} | self._waiting
                    self._bell.ring()
                    await asyncio.sleep(AGAIN_S)
                    break
                except Exception:
                    log.exception("remarks of cluster %s could not be recorded", self._cluster)

    async def record(self, batch: Sequence[Remark]) -> None:
        """Commit what is new in *batch*."""
        async with self._records.read() as tx:
            jobs = await self._jobs(tx, batch)
            for remark in batch:
                if remark.handle not in self._told and (job := jobs.get(remark.handle)) is not None:
                    await self._recall(tx, job)
        news = [
            (remark, said)
            for remark in batch
            if remark.handle in jobs and (said := self._told[remark.handle].news(remark)) is not None
        ]
        if not news:
            return
        try:
            await self._write(news)
        except BaseException:  # perhaps it was not written: the timeline knows
            for remark, _ in news:
                self._told.pop(remark.handle, None)
            raise

    async def _write(self, news: Sequence[tuple[Remark, Remark]]) -> None:
        fence = self._lease.fence
        async with self._records.begin() as tx:
            if not await tx.leases.hold(fence.name, fence.token):
                raise lost(fence)
            jobs = await self._jobs(tx, [remark for remark, _ in news])  # none that was deleted meanwhile
            await tx.events.append(
                [event_of(jobs[said.handle], said) for _, said in news if said.handle in jobs]
            )

    async def _jobs(self, tx: JobTransaction, batch: Sequence[Remark]) -> Mapping[Handle, Job]:
        """Return, by handle, the jobs of those attempts in *batch* that were on this cluster."""
        found = {job.id: job for job in await tx.jobs.many({parse_handle(r.handle)[0] for r in batch})}
        ours: dict[Handle, Job] = {}
        for remark in batch:
            name, attempt = parse_handle(remark.handle)
            job = found.get(name)
            if job is not None and job.cluster == self._cluster and 0 < attempt <= job.attempt:
                ours[remark.handle] = job
        return ours

    async def _recall(self, tx: JobTransaction, job: Job) -> None:
        """Read what the timeline of *job* has."""
        known = read_told([event async for event in history(tx.events, job.id)])
        for number in range(1, job.attempt + 1):
            handle = replace(job, attempt=number).handle
            self._told[handle] = known.get(number) or Told()
        while len(self._told) > REMEMBERED + job.attempt:
            self._told.pop(next(iter(self._told)))

    async def _hear(self, remark: Remark) -> None:
        """Take *remark*, once there is room; of those that are the same the last one waits."""
        while len(self._waiting) >= WAITING and remark.words not in self._waiting:
            self._room.clear()
            await self._room.wait()
        self._waiting[remark.words] = remark
        self._bell.ring()


def event_of(job: Job, said: Remark) -> Event:
    """Return what the timeline of *job* has of a remark."""
    data: dict[str, object] = {
        "reason": said.reason,
        "message": said.message,
        "attempt": parse_handle(said.handle)[1],
        "cluster": job.cluster,
        "subject": said.subject,
        "warning": said.warning,
        "count": said.count,
    }
    if said.replica:
        data["replica"] = said.replica
    return Event(at=said.at, project=job.project, job=job.id, type=REMARK, data=data)
