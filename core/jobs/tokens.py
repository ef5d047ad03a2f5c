"""What a job's own token is worth: that job's metadata, while its attempt is the current one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.core.access.principal import Principal, Scope
from submarine.core.batching import Batcher
from submarine.core.jobs.store import JobRecords, Standing

_TOGETHER: Final = 512
_WAITING: Final = 100_000


class JobPrincipals:
    """Says on whose behalf a job's token acts, and whether it still may.

    Jobs call often and at once: those who ask while the records are read share the next reading. It
    begins after each of them asked, so nobody gets an answer older than the question.
    """

    def __init__(self, records: JobRecords) -> None:
        self._records = records
        self._asking = Batcher(self._read, _TOGETHER, _WAITING)

    async def __call__(self, job: str, attempt: int) -> Principal | None:
        """Return the principal of *attempt*; None once it ended or a later one began: the token is dead."""
        found = await self._asking.add(job)
        if found is None or found.attempt != attempt or not found.state.placed:
            return None
        return Principal(
            name=f"job:{job}", scope=Scope.WRITE, project=found.project, job=job, attempt=attempt
        )

    async def _read(self, jobs: Sequence[str]) -> Sequence[Standing | None]:
        async with self._records.glance() as tx:
            found = await tx.jobs.standings(set(jobs))
        return [found.get(job) for job in jobs]
