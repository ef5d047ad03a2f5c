"""Takes waiting jobs, decides where they go, commits that, and lets them be driven there."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import InvalidError, SubmarineError
from submarine.core.jobs.driver import DRIVE_MS, Driver
from submarine.core.jobs.fleet import Fleet, Placer
from submarine.core.jobs.job import Decision, Job
from submarine.core.jobs.journal import Journal
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords

log = logging.getLogger(__name__)

SCAN: Final = 500
EACH: Final = 32
"""How many jobs of one demand are looked at in a scan of the queue."""
IDLE_S: Final = 1.0
PAUSE_S: Final = 0.02
"""The shortest time from one scan to the next, so that a flood is looked at in batches."""
PATIENCE_MS: Final = 30_000
"""How often a reason that only changes its figures is written again."""
BUSY: Final = 1_000
OFFERED: Final = 10_000


class Submitter:
    """The loop from accepted to placing. Several servers may run it: a version decides who got the job.

    What was just accepted is looked at once, at once. What was put into the queue is looked at when
    something may have changed (``room`` rings) and at intervals, by demand: when one job of a demand
    does not fit, the others are not asked about, so that a long queue costs no more than a short one.
    """

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
        self._room = True
        self._swept = 0.0
        self._fresh: dict[str, Job] = {}
        self.bell = Bell()

    def offer(self, job: Job) -> None:
        """Hand over *job*, which this server just accepted: it need not be read back from the records."""
        if len(self._fresh) < OFFERED:
            self._fresh[job.id] = job
        self.bell.ring()

    def room(self) -> None:
        """Say that what waits may fit now."""
        self._room = True
        self.bell.ring()

    async def run(self) -> None:
        """Scan when the bell rings, and every second all the same."""
        while True:
            try:
                await self.scan()
            except SubmarineError as error:
                log.warning("the queue cannot be read: %s", error)
            except Exception:
                log.exception("a scan of the queue failed; it is repeated")
            await asyncio.sleep(PAUSE_S)
            await self.bell.wait(IDLE_S)

    async def scan(self) -> int:
        """Place what can be placed; return how many jobs were."""
        if self._driver.busy >= BUSY:
            return 0
        room = self._room or time.monotonic() - self._swept > IDLE_S
        offered = [self._fresh.pop(job) for job in list(self._fresh)[:SCAN]]
        async with self._records.read() as tx:
            # what another server accepted, or this one in an earlier life, is only in the records
            known = await tx.jobs.accepted(SCAN) if room else ()
            queued = await tx.jobs.heads(self._clock(), EACH) if room else ()
            usage = await tx.jobs.usage() if offered or known or queued else ()
        fresh = {job.id: job for job in (*offered, *known)}.values()
        if room:
            self._room, self._swept = len(known) == SCAN, time.monotonic()
        if self._fresh or self._room:
            self.bell.ring()
        if not fresh and not queued:
            return 0
        # what waited longer comes first, unless the newcomer is more urgent
        jobs = sorted([*queued, *fresh], key=lambda job: (-job.priority, job.id))
        steps = list(self._steps(jobs, self._fleet.placer(usage)))
        placing = {step.id for _, step in steps if step.state is State.PLACING}
        with self._driver.expecting(placing):
            written = await self._journal.write_all(steps)
            placed = [step for (_, step), ok in zip(steps, written, strict=True) if ok and step.id in placing]
            for job in placed:
                self._driver.start(job)
        if len(placed) >= EACH:
            self.room()  # more of the same may be waiting behind those
        return len(placed)

    def _steps(self, jobs: Sequence[Job], placer: Placer) -> Iterable[tuple[Job, Job]]:
        refused: dict[str, Decision] = {}
        for job in jobs:
            step = self._step(job, placer, refused)
            if step is not None:
                yield job, step

    def _step(self, job: Job, placer: Placer, refused: dict[str, Decision]) -> Job | None:
        if placer.leaves(job):
            return None
        at = self._clock()
        if (known := refused.get(job.demand)) is not None:
            return self._wait(job, at, "no-cluster", known.reason, known)
        try:
            workload = self._outfitter.outfit(job, job.attempt + 1)
        except InvalidError as error:
            return job.moved(State.FAILED, at, reason="rejected", message=str(error))
        except SubmarineError as error:
            return self._wait(job, at, "not-ready", str(error), None)
        decision = placer.decide(job, workload)
        if decision.chosen is None:
            refused[job.demand] = decision
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
        if job.state is State.QUEUED and job.reason == reason:
            recent = job.placement is not None and at - job.placement.at < PATIENCE_MS
            if job.message == message or (recent and _kind(job.message) == _kind(message)):
                return None
        return job.moved(
            State.QUEUED, at, reason=reason, message=message, placement=decision or job.placement
        )


def _kind(message: str) -> str:
    """Return *message* without its figures."""
    return "".join([character for character in message if not character.isdigit()])
