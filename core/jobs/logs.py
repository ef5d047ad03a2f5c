"""Where a replica's output is read: on its cluster while it is there, in our store ever after."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.store import JobRecords
from submarine.core.ports.object_store import ObjectStore
from submarine.core.ports.runtime import Readable

POLL_S: Final = 0.5
TAIL_BYTES: Final = 4 * 2**20
"""The most that a tail holds in memory, however long its lines are."""


def log_key(job: str, attempt: int, role: str, index: int) -> str:
    """Return where the output of a replica rests in the object store."""
    return f"{log_prefix(job)}{attempt}/{role}/{index}.log"


def log_prefix(job: str) -> str:
    """Return where all output of *job* rests."""
    return f"logs/{job}/"


class LogReader:
    """One stream of bytes by offset, the same before, during and after the move to our store."""

    def __init__(self, records: JobRecords, fleet: Fleet, store: ObjectStore) -> None:
        self._records = records
        self._fleet = fleet
        self._store = store

    async def read(
        self, job: Job, *, attempt: int | None, role: str, index: int, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield the output from byte *offset* on; *attempt* None is the last one.

        With *follow*, wait for the attempt to begin and go on until the replica has ended. Raise
        `NotFoundError` for an attempt that never was, `UnavailableError` if its cluster is away,
        `ElsewhereError` if another server has it.
        """
        if offset < 0:
            raise InvalidError.of("offset", "is negative", "a byte offset from 0")
        number = attempt if attempt is not None else max(job.attempt, 1)
        found = await self._begun(job, number, follow=follow)
        while found is not None:
            try:
                async for chunk in self._source(found, role, index, offset, follow):
                    offset += len(chunk)
                    yield chunk
            except NotFoundError:
                found = await self._moved(found, follow=follow)
            else:
                return

    async def require_here(self, job: Job, attempt: int | None) -> None:
        """Raise `ElsewhereError` if only another server can read the output of *attempt* now."""
        found = await self._attempt(job.id, attempt if attempt is not None else max(job.attempt, 1))
        if found is not None and not found.collected:
            self._fleet.runtime(found.cluster)

    async def _begun(self, job: Job, number: int, *, follow: bool) -> Attempt | None:
        """Return the attempt, waiting for it if it is to be followed; None if nothing was ever written."""
        while (found := await self._attempt(job.id, number)) is None:
            job = await self._job(job.id)
            if job.state.terminal or not follow:
                if number > max(job.attempt, 1):
                    raise NotFoundError(f"job {job.name} has no attempt {number}")
                return None
            await asyncio.sleep(POLL_S)
        return found

    async def _moved(self, before: Attempt, *, follow: bool) -> Attempt | None:
        """Return the attempt as it is now that its cluster has nothing of it; None if nobody has.

        Between our look at the record and the first byte it may have gone to our store, or it has not
        begun yet.
        """
        again = await self._attempt(before.job, before.number)
        if before.collected or again is None or again.collected:
            return None if before.collected else again
        if not follow or again.ended is not None:
            return None
        await asyncio.sleep(POLL_S)
        return again

    async def tail(
        self, job: Job, *, attempt: int | None, role: str, index: int, lines: int
    ) -> tuple[int, bytes]:
        """Return the last *lines* lines there are now, and the offset of their first byte."""
        kept: deque[bytes] = deque()
        size, held, rest = 0, 0, b""
        async for chunk in self.read(job, attempt=attempt, role=role, index=index):
            size += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            kept.extend(line + b"\n" for line in whole)
            held += sum(len(line) + 1 for line in whole)
            while kept and (len(kept) > lines or held > TAIL_BYTES):
                held -= len(kept.popleft())
            rest = rest[-TAIL_BYTES:]
        if rest:
            kept.append(rest)
        last = b"".join(list(kept)[-lines:]) if lines > 0 else b""
        return size - len(last), last

    def _source(
        self, attempt: Attempt, role: str, index: int, offset: int, follow: bool
    ) -> AsyncIterator[bytes]:
        if attempt.collected:
            return self._store.get(log_key(attempt.job, attempt.number, role, index), offset=offset)
        runtime = self._fleet.runtime(attempt.cluster)
        if not isinstance(runtime, Readable):
            raise NotFoundError(f"cluster {attempt.cluster} keeps no output")
        return runtime.logs(attempt.handle, role, index, offset=offset, follow=follow)

    async def _attempt(self, job: str, number: int) -> Attempt | None:
        async with self._records.read() as tx:
            return next((a for a in await tx.jobs.attempts(job) if a.number == number), None)

    async def _job(self, job: str) -> Job:
        async with self._records.read() as tx:
            found = await tx.jobs.get(job)
        if found is None:
            raise NotFoundError(f"no job {job}")
        return found
