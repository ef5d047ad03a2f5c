"""What a job's own token is worth: that job's metadata, while its attempt is the current one."""

from __future__ import annotations

from submarine.core.access.principal import Principal, Scope
from submarine.core.jobs.store import JobRecords


class JobPrincipals:
    """Says on whose behalf a job's token acts, and whether it still may."""

    def __init__(self, records: JobRecords) -> None:
        self._records = records

    async def __call__(self, job: str, attempt: int) -> Principal | None:
        """Return the principal of *attempt*; None once it ended or a later one began: the token is dead."""
        async with self._records.read() as tx:
            found = await tx.jobs.get(job)
        if found is None or found.attempt != attempt or not found.state.placed:
            return None
        return Principal(
            name=f"job:{job}", scope=Scope.WRITE, project=found.project, job=job, attempt=attempt
        )
