"""Compares what we wrote with what a cluster has, after each start and at intervals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from submarine.core.clock import Clock, now
from submarine.core.errors import SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.jobs.driver import DRIVE_MS, Driver
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.journal import Journal
from submarine.core.jobs.judge import failed
from submarine.core.jobs.lease import Lease, LeaseLostError
from submarine.core.jobs.lifecycle import PLACED, State
from submarine.core.jobs.monitor import Monitor
from submarine.core.jobs.signal import Bell
from submarine.core.jobs.store import JobRecords
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle

log = logging.getLogger(__name__)

INTERVAL_S: Final = 10.0
LOOK_S: Final = 1.0
"""How soon a cancel is carried out that another server took: our own ring the bell."""
CALL_LIMIT_S: Final = 60.0
ABSENCE_MS: Final = 15_000
"""How long a cluster must say that it has nothing of a name before the job counts as lost."""
CHUNK: Final = 1_000


class OrphanKeeper(Protocol):
    """Remembers what no record wants, and says when it is to be swept."""

    async def orphans(self, cluster: str, present: Sequence[Handle]) -> Sequence[Handle]:
        """Note which of *present* are orphans; return those whose grace is over."""
        ...

    async def swept(self, cluster: str, handle: Handle) -> None:
        """Forget *handle*, which was removed."""
        ...


class ClusterSilentError(UnavailableError):
    """It was the cluster that did not answer, and not the records."""


class Reconciler:
    """One cluster's. Each sweep drives what is stuck, asks after everything alive, and sweeps orphans."""

    def __init__(
        self,
        cluster: str,
        records: JobRecords,
        fleet: Fleet,
        journal: Journal,
        driver: Driver,
        monitor: Monitor,
        keeper: OrphanKeeper,
        lease: Lease,
        clock: Clock = now,
    ) -> None:
        self._cluster = cluster
        self._records = records
        self._fleet = fleet
        self._journal = journal
        self._driver = driver
        self._monitor = monitor
        self._keeper = keeper
        self._lease = lease
        self._clock = clock
        self._absent: dict[Handle, int] = {}
        self._cancelled: dict[Handle, int] = {}
        self._cancelling: set[Handle] = set()
        self._first = True
        self.bell = Bell()

    async def run(self) -> None:
        """Sweep at once, when the bell rings, and at intervals; every tenth interval look for orphans.

        Raise `LeaseLostError` when it is no longer ours to do.
        """
        turn = 0
        # what we knew under an earlier lease is old: others drove, cancelled and asked meanwhile
        self._first = True
        self._absent.clear()
        self._cancelled.clear()
        while True:
            try:
                async with asyncio.timeout(CALL_LIMIT_S):
                    await self.sweep()
                    if turn % 10 == 0:
                        await self.sweep_orphans()
            except TimeoutError:
                self._fleet.silent(self._cluster, UnavailableError(f"no answer within {CALL_LIMIT_S:g} s"))
            except ClusterSilentError as error:
                self._fleet.silent(self._cluster, error)
            except LeaseLostError:
                raise
            except UnavailableError as error:
                log.warning("a sweep of cluster %s waits for the records: %s", self._cluster, error)
            except Exception:
                log.exception("a sweep of cluster %s failed; it is repeated", self._cluster)
            if not await self._rest():
                turn += 1

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Take what is raised in here for the cluster's silence."""
        try:
            yield
        except UnavailableError as error:
            raise ClusterSilentError(str(error)) from error

    async def _rest(self) -> bool:
        """Return True when the bell rings or somebody cancels at another server, False after the interval."""
        loop = asyncio.get_running_loop()
        until = loop.time() + INTERVAL_S
        while (left := until - loop.time()) > 0:
            if await self.bell.wait(min(LOOK_S, left)) or await self._cancelled_elsewhere():
                return True
        return False

    async def _cancelled_elsewhere(self) -> bool:
        """Tell whether there is a job to cancel that was not there at the last look; each is told once."""
        try:
            async with self._records.glance() as tx:
                jobs = await tx.jobs.on_cluster(self._cluster, {State.CANCELLING}, limit=CHUNK)
        except SubmarineError:
            return False  # the next sweep will say why
        before, self._cancelling = self._cancelling, {job.handle for job in jobs}
        return not self._cancelling <= before | self._cancelled.keys()

    async def sweep(self) -> None:
        """Bring records and cluster together, as far as the cluster answers."""
        alive: list[Job] = []
        after = ""
        while True:
            async with self._records.read() as tx:
                jobs = await tx.jobs.on_cluster(self._cluster, PLACED, after=after, limit=CHUNK)
            alive += [job for job in jobs if job.state is not State.PLACING]
            await self._drive([job for job in jobs if job.state is State.PLACING])
            if len(jobs) < CHUNK:
                break
            after = jobs[-1].id
        self._first = False
        await self._cancel([job for job in alive if job.state is State.CANCELLING])
        await self._ask(alive)

    async def _drive(self, placing: Sequence[Job]) -> None:
        """Submit again what nobody is known to be submitting; at the first sweep, everything.

        Each is claimed first: whatever comes of an earlier submission is not written any more.
        """
        at = self._clock()
        driven = self._driver.driven
        mine = [j for j in placing if (self._first or j.due <= at) and j.id not in driven]
        if not mine:
            return
        claims = [
            job.moved(job.state, at, reason=job.reason, message=job.message, due=at + DRIVE_MS)
            for job in mine
        ]
        fence = self._lease.fence
        written = await asyncio.gather(
            *(self._journal.write(job, claim, fence) for job, claim in zip(mine, claims, strict=True))
        )
        for claim, ok in zip(claims, written, strict=True):
            if ok:
                self._driver.start(claim, again=True)

    async def _cancel(self, jobs: Sequence[Job]) -> None:
        """Ask the cluster to end them; again at intervals, for an answer may have been lost."""
        with self._asking():
            runtime = self._fleet.runtime(self._cluster)
        at = self._clock()
        for job in jobs:
            # no lease is asked for: who is to be cancelled stays so, whoever says it and however late
            if at - self._cancelled.get(job.handle, 0) >= INTERVAL_S * 900:
                reach("reconciler.cancelling")
                with self._asking():
                    await runtime.cancel(job.handle, job.spec.grace if job.grace is None else job.grace)
                reach("reconciler.cancelled")
                self._cancelled[job.handle] = at
        wanted = {job.handle for job in jobs}
        self._cancelled = {handle: at for handle, at in self._cancelled.items() if handle in wanted}

    async def _ask(self, jobs: Sequence[Job]) -> None:
        with self._asking():
            runtime = self._fleet.runtime(self._cluster)
        absent: list[Job] = []
        for start in range(0, len(jobs), CHUNK):
            chunk = {job.handle: job for job in jobs[start : start + CHUNK]}
            with self._asking(), self._monitor.hearing() as heard:
                seen = await runtime.observe(list(chunk))
            self._monitor.see(o for o in seen if o.handle not in heard or o.phase.ended)
            absent += [
                job
                for o in seen
                if o.phase is Phase.ABSENT and (job := chunk[o.handle]).state is not State.CANCELLING
            ]
        self._fleet.answered(self._cluster)
        await self._miss(absent)

    async def _miss(self, absent: Sequence[Job]) -> None:
        """Give up on what the cluster has not had for long enough."""
        at = self._clock()
        self._absent = {job.handle: self._absent.get(job.handle, at) for job in absent}
        for job in absent:
            if at - self._absent[job.handle] < ABSENCE_MS:
                continue
            await self._lease.confirm()
            # whatever turns up later under this name must not run: terminal is final
            reach("reconciler.forbidding")
            with self._asking():
                await self._fleet.runtime(self._cluster).cancel(job.handle, 0)
            reach("reconciler.forbidden")
            seen = Observation(
                handle=job.handle,
                phase=Phase.ABSENT,
                at=at,
                reason="vanished",
                message=f"cluster {self._cluster} answers and has nothing named {job.handle}",
            )
            await self._journal.write(job, failed(job, seen, at), self._lease.fence)

    async def sweep_orphans(self) -> None:
        """Note what no record wants, and remove what has been noted for long enough."""
        with self._asking():
            runtime = self._fleet.runtime(self._cluster)
            present = [o.handle for o in await runtime.observe(None)]
        for handle in await self._keeper.orphans(self._cluster, present):
            await self._lease.confirm()
            try:
                reach("orphans.noted")
                with self._asking():
                    await runtime.remove(handle)
                reach("orphans.removed")
            except UnavailableError:
                raise
            except SubmarineError as error:
                log.warning("orphan %s cannot be removed from %s: %s", handle, self._cluster, error)
            else:
                log.warning("removed orphan %s from cluster %s", handle, self._cluster)
                await self._keeper.swept(self._cluster, handle)
