"""The only place where a job's state is written, once it is accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from submarine.core.batching import Batcher
from submarine.core.clock import Clock, now
from submarine.core.failpoints import reach_each
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lease import Fence, lost
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.store import JobRecords, JobTransaction

_BATCH = 500
_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a job: what it was, what it is to be (one version later)."""

    before: Job
    after: Job
    fence: Fence | None = None

    @property
    def tells(self) -> bool:
        """Tell whether it is worth an event: another time to look again is not."""
        before, after = self.before, self.after
        return (
            after.state is not before.state
            or replace(after, version=before.version, due=before.due) != before
        )


Listener = Callable[[Change], None]


class Journal:
    """Writes steps of many jobs together: job, attempt and event in one transaction."""

    def __init__(self, records: JobRecords, clock: Clock = now) -> None:
        self._records = records
        self._clock = clock
        self._batcher = Batcher[Change, bool](self._flush, limit=_BATCH, waiting=_WAITING)
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call *listener* after each step that was committed; it must be quick and not raise."""
        self._listeners.append(listener)

    async def write(self, before: Job, after: Job, fence: Fence | None = None) -> bool:
        """Commit the step; False if somebody changed the job first, then nothing is written.

        Raise `LeaseLostError` if it is made under a *fence* that has fallen; then nothing is written.
        Raise `UnavailableError` when the records are away, and then it is not known whether it was
        written: read the job again.
        """
        return await self._batcher.add(Change(before, after, fence))

    async def write_all(self, steps: Sequence[tuple[Job, Job]]) -> Sequence[bool]:
        """Commit steps of many jobs, each as `write` does, as soon as may be."""
        return await asyncio.gather(*[self._batcher.put(Change(before, after)) for before, after in steps])

    async def aclose(self) -> None:
        """Return when all that was asked for is written."""
        await self._batcher.aclose()

    async def _flush(self, changes: Sequence[Change]) -> Sequence[bool | Exception]:
        async with self._records.begin() as tx:
            fallen = await _fallen(tx, changes)
            standing = [change for change in changes if change.fence not in fallen]
            written = await tx.jobs.save([change.after for change in standing])
            done = [change for change, ok in zip(standing, written, strict=True) if ok]
            await self._write_attempts(tx, done)
            at = self._clock()
            await tx.events.append([change.after.event(at) for change in done if change.tells])
            reach_each("journal.writing", (change.after.state for change in changes))
        reach_each("journal.committed", (change.after.state for change in changes))
        for change in done:
            for listener in self._listeners:
                listener(change)
        answers = iter(written)
        return [lost(c.fence) if c.fence and c.fence in fallen else next(answers) for c in changes]

    async def _write_attempts(self, tx: JobTransaction, done: Sequence[Change]) -> None:
        opened = [_attempt(c.after) for c in done if c.after.state is State.PLACING]
        if opened:
            await tx.jobs.open_attempt(opened)
        closed = [attempt for c in done if (attempt := _closed(c)) is not None]
        if closed:
            await tx.jobs.close_attempt(closed)


async def _fallen(tx: JobTransaction, changes: Sequence[Change]) -> set[Fence]:
    """Return the fences that nobody may write under any more; the others stand until *tx* ends."""
    fences = sorted({c.fence for c in changes if c.fence}, key=lambda fence: (fence.name, fence.token))
    return {fence for fence in fences if not await tx.leases.hold(fence.name, fence.token)}


def _attempt(job: Job) -> Attempt:
    if job.cluster is None:  # pragma: no cover - the submitter names the cluster before it writes
        raise AssertionError(job)
    return Attempt(job=job.id, number=job.attempt, cluster=job.cluster, state=job.state, created=job.changed)


def _closed(change: Change) -> Attempt | None:
    """Return how the attempt ended, None if it goes on or never began."""
    before, after = change.before, change.after
    if not before.state.placed or after.state.placed or after.attempt != before.attempt:
        return None
    state = after.state if after.state.terminal else State.FAILED
    return replace(
        _attempt(before),
        state=state,
        reason=after.reason,
        exit_code=after.exit_code,
        ended=after.changed,
        replicas=after.replicas,
    )
