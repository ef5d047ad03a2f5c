"""Takes waiting jobs, decides where they go, commits that, and lets them be driven there."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import InvalidError, SubmarineError, UnavailableError
from submarine.core.jobs.driver import Driver
from submarine.core.jobs.fleet import Fleet, Placer
from submarine.core.jobs.job import Decision, Job
from submarine.core.jobs.journal import Journal
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords

log = logging.getLogger(__name__)

SCAN: Final = 500
IDLE_S: Final = 1.0
PATIENCE_MS: Final = 30_000
"""How often a reason that only changes its figures is written again."""
DRIVE_MS: Final = 90_000
"""When a job that is being placed counts as forgotten by the server that placed it."""
BUSY: Final = 1_000


class Submitter:
    """The loop from accepted to placing. Several servers may run it: a version decides who got the job."""

    def __init__(
        self,
        records: JobRecords,
        fleet: Fleet,
        journal: Journal,
        outfitter: Outfitter,
        driver: Driver,
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._fleet = fleet
        self._journal = journal
        self._outfitter = outfitter
        self._driver = driver
        self._clock = clock
        self.bell = Bell()

    async def run(self) -> None:
        """Scan the queue when the bell rings, and every second all the same."""
        while True:
            try:
                await self.scan()
            except UnavailableError as error:
                log.warning("the queue cannot be read: %s", error)
            except Exception:
                log.exception("a scan of the queue failed; it is repeated")
            await self.bell.wait(IDLE_S)

    async def scan(self) -> int:
        """Place what can be placed; return how many jobs were."""
        if self._driver.busy >= BUSY:
            return 0
        async with self._records.read() as tx:
            jobs = await tx.jobs.due(self._clock(), SCAN)
            usage = await tx.jobs.usage() if jobs else ()
        if not jobs:
            return 0
        placer = self._fleet.placer(usage)
        steps = [(job, step) for job in jobs if (step := self._step(job, placer)) is not None]
        written = await asyncio.gather(*(self._journal.write(job, step) for job, step in steps))
        placed = [
            step for (_, step), ok in zip(steps, written, strict=True) if ok and step.state is State.PLACING
        ]
        for job in placed:
            self._driver.start(job)
        return len(placed)

    def _step(self, job: Job, placer: Placer) -> Job | None:
        at = self._clock()
        try:
            workload = self._outfitter.outfit(job, job.attempt + 1)
        except InvalidError as error:
            return job.moved(State.FAILED, at, reason="rejected", message=str(error))
        except SubmarineError as error:
            return self._wait(job, at, "not-ready", str(error), None)
        decision = placer.decide(job, workload)
        if decision.chosen is None:
            return self._wait(job, at, "no-cluster", decision.reason, decision)
        return job.moved(
            State.PLACING,
            at,
            reason="placing",
            message=f"on cluster {decision.chosen}: {decision.reason}",
            attempt=job.attempt + 1,
            cluster=decision.chosen,
            placement=decision,
            due=at + DRIVE_MS,
            exit_code=None,
            replicas=(),
            native={},
            started=None,
        )

    @staticmethod
    def _wait(job: Job, at: int, reason: str, message: str, decision: Decision | None) -> Job | None:
        """Return the job with its reason to wait, None if that would tell nobody anything new."""
        known = job.placement.candidates if job.placement else ()
        fresh = job.placement is not None and at - job.placement.at < PATIENCE_MS
        if job.state is State.QUEUED and job.reason == reason:
            if job.message == message or (
                fresh and len(known) == len(decision.candidates if decision else ())
            ):
                return None
        return job.moved(
            State.QUEUED, at, reason=reason, message=message, placement=decision or job.placement
        )
