"""Follows what a cluster says of our work, and records it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.journal import Journal
from submarine.core.jobs.judge import judge
from submarine.core.jobs.lease import Lease, LeaseLostError
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.workload import Handle, parse_handle

log = logging.getLogger(__name__)

BATCH: Final = 500
AGAIN_S: Final = 1.0
AGAIN_LIMIT_S: Final = 30.0


class Monitor:
    """Of each workload only the newest observation waits, so a chatty cluster costs bounded memory."""

    def __init__(
        self,
        cluster: str,
        records: JobRecords,
        fleet: Fleet,
        journal: Journal,
        lease: Lease,
        clock: Clock = now,
    ) -> None:
        self._cluster = cluster
        self._records = records
        self._fleet = fleet
        self._journal = journal
        self._lease = lease
        self._clock = clock
        self._latest: dict[Handle, Observation] = {}
        self._early: dict[Handle, Observation] = {}
        self._hearings: list[set[Handle]] = []
        self._bell = Bell()

    def begin(self) -> None:
        """Forget what was seen under an earlier lease; to be called before `watch` and `run` are."""
        self._latest.clear()
        self._early.clear()

    async def watch(self) -> None:
        """Take observations from the runtime's watch; start it again, with growing pauses, when it breaks."""
        pause = AGAIN_S
        while True:
            try:
                async for seen in self._fleet.runtime(self._cluster).watch():
                    pause = AGAIN_S
                    self._fleet.answered(self._cluster)
                    for heard in self._hearings:
                        heard.add(seen.handle)
                    self.see([seen])
            except UnavailableError as error:
                self._fleet.silent(self._cluster, error)
            except Exception:
                log.exception("the watch of cluster %s broke; it starts again", self._cluster)
            await asyncio.sleep(pause)
            pause = min(pause * 2, AGAIN_LIMIT_S)

    @contextmanager
    def hearing(self) -> Iterator[AbstractSet[Handle]]:
        """Collect the handles that the watch tells of meanwhile: an answer asked for before may be older."""
        heard: set[Handle] = set()
        self._hearings.append(heard)
        try:
            yield heard
        finally:
            self._hearings = [other for other in self._hearings if other is not heard]

    def see(self, observations: Iterable[Observation]) -> None:
        """Take *observations*, from whoever asked the cluster; they are newer than what was seen before."""
        for seen in observations:
            self._early.pop(seen.handle, None)
            self._latest[seen.handle] = seen
        self._bell.ring()

    def submitted(self, handle: Handle) -> None:
        """Judge again what was seen of *handle* before its submission was answered."""
        if (seen := self._early.pop(handle, None)) is not None:
            self._put_back([seen])

    async def run(self) -> None:
        """Record what was seen, in batches; raise `LeaseLostError` when it is no longer ours to do."""
        while True:
            if not await self._bell.wait(AGAIN_S):
                self._latest = {**self._early, **self._latest}  # perhaps another server has submitted it
            while self._latest:
                batch = [self._latest.pop(handle) for handle in list(self._latest)[:BATCH]]
                try:
                    await self.record(batch)
                except LeaseLostError:
                    raise
                except SubmarineError as error:
                    log.warning("%d observations wait for the records: %s", len(batch), error)
                    self._put_back(batch)
                    await asyncio.sleep(AGAIN_S)
                    break
                except Exception:
                    log.exception("observations of cluster %s could not be recorded", self._cluster)
                    break

    async def record(self, batch: Iterable[Observation]) -> None:
        """Commit what *batch* means; what lost a race is judged again, against the newer job."""
        seen = {name: o for o in batch if (name := parse_handle(o.handle)[0])}
        async with self._records.read() as tx:
            jobs = await tx.jobs.many(seen)
        here = [job for job in jobs if job.cluster == self._cluster]
        self._keep_early(here, seen)
        reach("monitor.judging")
        judged = [(job, judge(job, seen[job.id], self._clock())) for job in here]
        steps = [(job, step) for job, step in judged if step is not None]
        if not steps:
            return
        fence = self._lease.fence
        written = await asyncio.gather(*(self._journal.write(*step, fence) for step in steps))
        self._put_back([seen[job.id] for (job, _), ok in zip(steps, written, strict=True) if not ok])

    def _keep_early(self, jobs: Iterable[Job], seen: Mapping[str, Observation]) -> None:
        for job in jobs:
            if job.state is State.PLACING and not seen[job.id].phase.ended and job.handle not in self._latest:
                self._early[job.handle] = seen[job.id]
            else:
                self._early.pop(job.handle, None)

    def _put_back(self, batch: Iterable[Observation]) -> None:
        for seen in batch:
            self._latest.setdefault(seen.handle, seen)
        if self._latest:
            self._bell.ring()
