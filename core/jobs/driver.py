"""Brings one placed job to its cluster, as often as it takes."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import (
    BusyError,
    FullError,
    InvalidError,
    NotFoundError,
    SubmarineError,
    UnavailableError,
)
from submarine.core.failpoints import reach
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.journal import Journal
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.workload import Archive, Workload

log = logging.getLogger(__name__)

SUBMIT_LIMIT_S: Final = 60.0
"""How long a submission may go on in which the cluster takes no code."""
CALLS_PER_CLUSTER: Final = 16
AGAIN_MS: Final = 2_000
FULL_MS: Final = 1_000
DRIVE_MS: Final = 90_000
"""When a job that is being placed counts as forgotten by the server that placed it."""


class Driver:
    """Calls `Runtime.submit` for jobs whose place is committed.

    Calls are bounded in time and number per cluster, so that one that hangs slows no other. A call is
    repeated until the cluster has answered: it adopts what is there, so a lost answer does no harm.
    """

    def __init__(self, fleet: Fleet, journal: Journal, outfitter: Outfitter, clock: Clock = now) -> None:
        self._fleet = fleet
        self._journal = journal
        self._outfitter = outfitter
        self._clock = clock
        self._calls: dict[str, asyncio.Semaphore] = {}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._expected: set[str] = set()

    @property
    def busy(self) -> int:
        """How many submissions are under way."""
        return len(self._tasks)

    @property
    def driven(self) -> set[str]:
        """Return the ids of the jobs that this server drives."""
        return self._expected | {job for job, _ in self._tasks}

    @contextmanager
    def expecting(self, jobs: Collection[str]) -> Iterator[None]:
        """Count *jobs* as driven, while it is being written that they will be."""
        self._expected |= set(jobs)
        try:
            yield
        finally:
            self._expected -= set(jobs)

    def start(self, job: Job, *, again: bool = False) -> None:
        """Drive *job*, which is being placed, in the background; one drive a version at a time.

        *again* says that an earlier submission of this attempt may still be under way somewhere.
        """
        key = job.id, job.version
        if key in self._tasks:
            return
        task = asyncio.create_task(self._drive(job, again=again), name=f"submit {job.handle}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def aclose(self) -> None:
        """Stop; what is cut off here is driven again after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, job: Job, *, again: bool) -> None:
        try:
            after = await self._submit(job, again=again)
            # a lost race means somebody moved the job meanwhile (it was seen running, or cancelled)
            await self._journal.write(job, after)
        except SubmarineError as error:  # the records are away: the reconciler drives the job again
            log.warning("submission of %s is not recorded: %s", job.handle, error)
        except Exception:
            log.exception("submission of %s failed unexpectedly; it will be tried again", job.handle)

    async def _submit(self, job: Job, *, again: bool) -> Job:
        cluster = job.cluster or ""
        try:
            runtime = self._fleet.runtime(cluster)
            workload = self._outfitter.outfit(job, job.attempt)
            async with self._calls.setdefault(cluster, asyncio.Semaphore(CALLS_PER_CLUSTER)):
                async with asyncio.timeout(SUBMIT_LIMIT_S) as limit:
                    reach("driver.submitting")
                    full = await self._call(runtime, _prolonging(workload, limit), again=again)
                    reach("driver.submitted")
        except TimeoutError:
            error = UnavailableError(f"no answer to a submission within {SUBMIT_LIMIT_S:g} s")
            return self._unanswered(job, cluster, error)
        except UnavailableError as error:
            return self._unanswered(job, cluster, error)
        except BusyError as error:
            self._fleet.answered(cluster)
            return self._kept(job, "not-yet", f"cluster {cluster} cannot begin it yet: {error}")
        except (InvalidError, NotFoundError) as error:
            return job.moved(State.FAILED, self._clock(), reason="rejected", message=str(error))
        except SubmarineError as error:
            return job.moved(State.FAILED, self._clock(), reason=error.code, message=str(error))
        self._fleet.answered(cluster)
        if full is not None:
            return self._returned(job, full, used=again)
        return job.moved(State.SUBMITTED, self._clock())

    @staticmethod
    async def _call(runtime: Runtime, workload: Workload, *, again: bool) -> FullError | None:
        """Submit; return the error if there is no room.

        If an earlier call may still arrive, its name is closed before the job goes elsewhere.
        """
        try:
            await runtime.submit(workload)
        except FullError as error:
            if again:
                await runtime.cancel(workload.name, 0)
            return error
        return None

    def _unanswered(self, job: Job, cluster: str, error: UnavailableError) -> Job:
        self._fleet.silent(cluster, error)
        return self._kept(job, "unreachable", f"cluster {cluster} does not answer: {error}")

    def _kept(self, job: Job, reason: str, why: str) -> Job:
        """Stay: it may have arrived, so that only this cluster can be asked again."""
        at = self._clock()
        wait = AGAIN_MS + random.randrange(AGAIN_MS)  # noqa: S311 - spreads calls, guards nothing
        message = f"{why}; the submission is repeated until it does"
        return job.moved(State.PLACING, at, reason=reason, message=message, due=at + wait)

    def _returned(self, job: Job, error: FullError, *, used: bool) -> Job:
        """Go back to the queue; the number of an attempt that cannot have begun is used again."""
        at = self._clock()
        return job.moved(
            State.QUEUED,
            at,
            reason="no-room",
            message=str(error),
            attempt=job.attempt if used else job.attempt - 1,
            cluster=None,
            due=at + FULL_MS,
        )


def _prolonging(workload: Workload, limit: asyncio.Timeout) -> Workload:
    """Return *workload* with code of which every piece that is taken begins *limit* anew.

    A large archive takes its time over a slow link; begun again it would never arrive.
    """
    source = workload.source
    if not isinstance(source, Archive):
        return workload

    async def read() -> AsyncIterator[bytes]:
        async for piece in source.read():
            if not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time() + SUBMIT_LIMIT_S)
            yield piece

    return replace(workload, source=replace(source, read=read))
