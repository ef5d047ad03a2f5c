"""What the JobManager asks of the records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from submarine.core.events.store import EventStore
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lifecycle import State
from submarine.core.workloads.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What live jobs of one project hold on one cluster."""

    cluster: str
    project: str
    jobs: int
    resources: Resources


@dataclass(frozen=True, slots=True)
class Standing:
    """As much of a job as tells whether a token of one of its attempts still counts."""

    project: str
    attempt: int
    state: State


class JobStore(Protocol):
    """Jobs and their attempts, within one transaction."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """Insert *jobs*; raise `ConflictError` if a name is taken among the live ones of its project."""
        ...

    async def get(self, job: str) -> Job | None:
        """Return the job, None if unknown."""
        ...

    async def many(self, jobs: Collection[str]) -> Sequence[Job]:
        """Return those of *jobs* that exist, in any order."""
        ...

    async def standings(self, jobs: Collection[str]) -> Mapping[str, Standing]:
        """Return how those of *jobs* that exist stand, by id; cheap, for every call of a job asks it."""
        ...

    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        """Write each job if the record's version is one less than its own; tell which were written.

        Of several steps of one job one is written at most: the first that follows the record as it was.
        """
        ...

    async def accepted(self, limit: int) -> Sequence[Job]:
        """Return jobs that nobody has looked at yet: urgent first, then oldest."""
        ...

    async def heads(self, at: int, each: int) -> Sequence[Job]:
        """Return queued jobs whose ``due`` is not after *at*, the first *each* of every demand.

        Urgent first, then oldest.
        """
        ...

    async def waiting(self) -> int:
        """Return how many jobs wait for a cluster."""
        ...

    async def on_cluster(
        self, cluster: str, states: Collection[State], *, after: str = "", limit: int = 1000
    ) -> Sequence[Job]:
        """Return jobs of *cluster* in *states* with an id after *after*, by id."""
        ...

    async def usage(self) -> Sequence[Usage]:
        """Return what all jobs on clusters hold, by cluster and project."""
        ...

    async def open_attempt(self, attempts: Sequence[Attempt]) -> None:
        """Insert *attempts*, each before its cluster is called.

        One that is there and open is given to the cluster named now; one that ended is left as it is.
        """
        ...

    async def close_attempt(self, attempts: Sequence[Attempt]) -> None:
        """Write how *attempts* ended; one that ended before keeps its end."""
        ...

    async def attempts(self, job: str) -> Sequence[Attempt]:
        """Return all attempts of *job*, oldest first."""
        ...

    async def uncollected(self, cluster: str, limit: int) -> Sequence[Attempt]:
        """Return ended attempts on *cluster* whose logs are not ours yet, oldest first."""
        ...

    async def mark_collected(self, attempt: Attempt) -> None:
        """Note that logs are ours and the cluster is clean."""
        ...

    async def known_attempts(
        self, cluster: str, pairs: Collection[tuple[str, int]]
    ) -> Mapping[tuple[str, int], bool]:
        """Return, for each (job, attempt) of *pairs* known on *cluster*, whether it may still be there."""
        ...

    async def delete(self, job: str) -> None:
        """Delete the job and its attempts; what is absent stays absent."""
        ...


class LeaseStore(Protocol):
    """Who does what when there are several servers; only the database's clock says when a lease is over."""

    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        """Take the lease *name* for *ttl* milliseconds from now; return its fencing token.

        With *token*, keep what was taken under that token: it stays the same while *owner* holds the
        lease and nobody took it meanwhile, even if it had expired. Otherwise the lease is taken anew, if
        nobody else holds it, and the token is greater than every one before; a token of an earlier life
        of the same *owner* is void then. None if another owner holds it.
        """
        ...

    async def hold(self, name: str, token: int) -> bool:
        """Tell whether the lease *name* is still the one taken under *token*, and not over.

        If so, nobody else can take it until this transaction ends: what is written in it is not stale.
        For transactions that may write (`Records.begin`).
        """
        ...

    async def release(self, name: str, token: int) -> None:
        """Give the lease back if it is the one taken under *token*; others need not wait, tokens grow on."""
        ...


class JobTransaction(Protocol):
    """The stores the JobManager works with, in one transaction."""

    @property
    def jobs(self) -> JobStore:
        """Jobs and attempts."""
        ...

    @property
    def events(self) -> EventStore:
        """The feed."""
        ...

    @property
    def leases(self) -> LeaseStore:
        """Work shared among servers."""
        ...


class JobRecords(Protocol):
    """Records, as far as the JobManager needs them."""

    def begin(self) -> AbstractAsyncContextManager[JobTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[JobTransaction]:
        """Open a snapshot."""
        ...

    def glance(self) -> AbstractAsyncContextManager[JobTransaction]:
        """Open a view for one question."""
        ...
