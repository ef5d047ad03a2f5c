"""The JobManager: what other managers and the server's life ask of the engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.failpoints import reach
from submarine.core.jobs.chronicler import Chronicler
from submarine.core.jobs.collector import Collector, SpoolTaker
from submarine.core.jobs.driver import Driver
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.journal import Change, Journal
from submarine.core.jobs.keeper import ClusterKeeper
from submarine.core.jobs.lease import Lease
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.monitor import Monitor
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.jobs.reconciler import OrphanKeeper, Reconciler
from submarine.core.jobs.store import JobRecords
from submarine.core.jobs.submitter import Submitter
from submarine.core.ports.object_store import ObjectStore
from submarine.core.ports.runtime import Suspendable

log = logging.getLogger(__name__)

_TRIES: Final = 20
_LOOK_S: Final = 0.1


class JobManager:
    """Owns the submitter, and a keeper per cluster; `run` is the engine, the rest are use-cases.

    Nobody is authorised here: the managers that own jobs do that.
    """

    def __init__(
        self,
        records: JobRecords,
        fleet: Fleet,
        store: ObjectStore,
        outfitter: Outfitter,
        spool: SpoolTaker,
        orphans: OrphanKeeper,
        owner: str,
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._fleet = fleet
        self._clock = clock
        self.outfitter = outfitter
        self.journal = Journal(records, clock)
        self._driver = Driver(fleet, self.journal, outfitter, clock)
        self.submitter = Submitter(records, fleet, self.journal, outfitter, self._driver, clock)
        self.keepers: dict[str, ClusterKeeper] = {}
        for name in fleet.names():
            lease = Lease(f"cluster/{name}", owner, records)
            monitor = Monitor(name, records, fleet, self.journal, lease, clock)
            reconciler = Reconciler(
                name, records, fleet, self.journal, self._driver, monitor, orphans, lease, clock
            )
            collector = Collector(name, records, fleet, store, spool, lease)
            chronicler = Chronicler(name, records, fleet, lease)
            self.keepers[name] = ClusterKeeper(name, fleet, lease, monitor, reconciler, collector, chronicler)
        self.journal.listen(self._react)

    async def run(self) -> None:
        """Run the engine until cancelled; what is cut off goes on after the next start."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.submitter.run())
                for keeper in self.keepers.values():
                    group.create_task(keeper.run())
        finally:
            await self._driver.aclose()
            await self.journal.aclose()

    @property
    def submitting(self) -> int:
        """How many calls to clusters are under way."""
        return self._driver.busy

    def accepted(self, job: Job) -> None:
        """Hand *job* to the submitter, now that it is in the records."""
        self.submitter.offer(job)

    async def get(self, job: str) -> Job:
        """Return the job; raise `NotFoundError` if unknown."""
        async with self._records.read() as tx:
            found = await tx.jobs.get(job)
        if found is None:
            raise NotFoundError(f"no job {job}")
        return found

    async def cancel(self, job: str, reason: str, message: str = "", grace: float | None = None) -> Job:
        """Cancel at once what waits, ask the cluster to end the rest; an ended job stays as it is.

        *grace* is in seconds, None for what the spec says.
        """
        for _ in range(_TRIES):
            before = await self.get(job)
            if before.state.terminal or before.state is State.CANCELLING:
                return before
            state = State.CANCELLING if before.state.placed else State.CANCELLED
            after = before.moved(state, self._clock(), reason=reason, message=message, grace=grace)
            if await self.journal.write(before, after):
                return after
        raise ConflictError(f"job {job} changes faster than it can be cancelled; try again")

    async def collected(self, job: str, patience: float) -> bool:
        """Return True once the output of every attempt is ours, False after *patience* seconds."""
        until = asyncio.get_running_loop().time() + patience
        while True:
            async with self._records.read() as tx:
                waiting = [a for a in await tx.jobs.attempts(job) if not a.collected]
            if not waiting or asyncio.get_running_loop().time() >= until:
                return not waiting
            for attempt in waiting:
                if keeper := self.keepers.get(attempt.cluster):
                    keeper.collector.bell.ring()
            await asyncio.sleep(_LOOK_S)

    async def suspend(self, job: str) -> Job:
        """Pause a running job; raise `ConflictError` if it does not run or its cluster cannot pause."""
        found, runtime = await self._suspendable(job, {State.RUNNING, State.SUSPENDED}, "running")
        await runtime.suspend(found.handle)
        reach("manager.suspended")
        self._look_at(found)
        return found

    async def resume(self, job: str) -> Job:
        """Let a suspended job go on; raise `ConflictError` if it is not suspended."""
        found, runtime = await self._suspendable(job, {State.SUSPENDED, State.RUNNING}, "suspended")
        await runtime.resume(found.handle)
        reach("manager.resumed")
        self._look_at(found)
        return found

    def _look_at(self, job: Job) -> None:
        """Have the cluster of *job* asked soon, if it is one of ours."""
        if keeper := self.keepers.get(job.cluster or ""):
            keeper.reconciler.bell.ring()

    async def _suspendable(self, job: str, states: set[State], word: str) -> tuple[Job, Suspendable]:
        found = await self.get(job)
        if found.state not in states:
            raise ConflictError(f"{found.name} is {found.state}, not {word}")
        runtime = self._fleet.runtime(found.cluster or "")
        if not isinstance(runtime, Suspendable):
            raise ConflictError(f"cluster {found.cluster} cannot suspend work")
        return found, runtime

    def _react(self, change: Change) -> None:
        """Wake who has something to do after a step."""
        before, after = change.before, change.after
        keeper = self.keepers.get(before.cluster or after.cluster or "")
        if before.state.placed and not after.state.placed:
            self.submitter.room()
            if keeper:
                keeper.collector.bell.ring()
        elif after.state is State.QUEUED:
            return
        elif after.state is State.CANCELLING and keeper:
            keeper.reconciler.bell.ring()
        elif before.state is State.PLACING and after.state is State.SUBMITTED and keeper:
            keeper.monitor.submitted(after.handle)

    def clusters(self) -> Sequence[str]:
        """Return the clusters there is a keeper for."""
        return list(self.keepers)
