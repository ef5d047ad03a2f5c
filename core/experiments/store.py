"""What the ExperimentManager asks of the records, and of its neighbours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.events.store import EventStore
from submarine.core.experiments.experiment import Experiment, Record
from submarine.core.filters.expression import Expression
from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.store import JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A page of a list, newest first. ``projects`` None means all; ``before`` is an id, exclusive."""

    projects: Collection[str] | None
    filter: Expression | None = None
    before: str | None = None
    limit: int = 50
    replicas: bool = False
    spec: bool = False


class ExperimentStore(Protocol):
    """Experiments with their jobs, within one transaction."""

    async def add(self, records: Sequence[Record]) -> None:
        """Insert *records*."""
        ...

    async def live_names(self, wanted: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Return those of the (project, name) pairs that a live experiment has."""
        ...

    async def find(self, ref: str, projects: Collection[str] | None) -> str | None:
        """Return the id of the experiment with id *ref*, else of the newest named so, within *projects*."""
        ...

    async def page(self, query: Query) -> Sequence[Experiment]:
        """Return a page; tags, params and metrics are left empty."""
        ...

    async def get(self, id: str) -> Experiment | None:  # noqa: A002 - it is one
        """Return everything but tags, params and metrics."""
        ...

    async def describe(self, id: str, description: str) -> None:  # noqa: A002
        """Replace the description, and count the edit."""
        ...

    async def edited(self, id: str) -> None:  # noqa: A002
        """Count an edit."""
        ...

    async def delete(self, id: str) -> None:  # noqa: A002
        """Delete the record; its job and metadata are others' to delete."""
        ...


class AnnotationStore(Protocol):
    """Tags, params and metrics of experiments, within one transaction."""

    async def seed(self, rows: Sequence[tuple[str, Sequence[str], Mapping[str, Scalar]]]) -> None:
        """Record (experiment, tags, params) of new experiments, all at once."""
        ...

    async def tags_of(self, experiments: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the tags of each."""
        ...

    async def params_of(self, experiments: Collection[str]) -> Mapping[str, Mapping[str, Scalar]]:
        """Return the params of each."""
        ...

    async def purge(self, experiment: str, limit: int) -> bool:
        """Delete about *limit* rows of *experiment*; return whether nothing is left."""
        ...

    async def latest_metrics(
        self, experiments: Collection[str], keys: int
    ) -> Mapping[str, Mapping[str, float]]:
        """Return the newest value per key of each, at most *keys* of each."""
        ...


class AuditStore(Protocol):
    """The audit trail, for appending."""

    async def audit(self, events: Sequence[AuditEvent]) -> None:
        """Append *events*."""
        ...


class EffectStore(Protocol):
    """What a request with an ``Idempotency-Key`` made, kept in the transaction that made it."""

    async def made(self, keys: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """Return, for each of *keys* that was used, (fingerprint, id of what it made)."""
        ...

    async def note(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        """Insert (key, fingerprint, id of what was made, Unix ms).

        Raise `ConflictError` if a key was used.
        """
        ...

    async def forget(self, before: int) -> int:
        """Forget what was made before *before* (Unix ms); return how many."""
        ...


class ExperimentTransaction(Protocol):
    """The stores the ExperimentManager works with, in one transaction."""

    @property
    def jobs(self) -> JobStore:
        """Jobs."""
        ...

    @property
    def experiments(self) -> ExperimentStore:
        """Experiments."""
        ...

    @property
    def metadata(self) -> AnnotationStore:
        """Tags, params, metrics."""
        ...

    @property
    def events(self) -> EventStore:
        """The feed."""
        ...

    @property
    def access(self) -> AuditStore:
        """The audit trail."""
        ...

    @property
    def effects(self) -> EffectStore:
        """Idempotency."""
        ...


class ExperimentRecords(Protocol):
    """Records, as far as the ExperimentManager needs them."""

    def begin(self) -> AbstractAsyncContextManager[ExperimentTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[ExperimentTransaction]:
        """Open a snapshot."""
        ...

    def glance(self) -> AbstractAsyncContextManager[ExperimentTransaction]:
        """Open a view for questions whose answers need not agree."""
        ...
