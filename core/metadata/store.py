"""What metadata asks of the records, within one transaction.

Every method that writes raises `NotFoundError` if the experiment is gone, and keeps it from going until
the transaction ends. Rows are locked in one order everywhere, so that writers never wait in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.errors import SubmarineError
from submarine.core.jobs.interpolation import Scalar
from submarine.core.metadata.artifacts import Artifact
from submarine.core.metadata.metrics import Accepted, Latest, MetricBatch, Sample
from submarine.core.metadata.params import Spelled


class MetricStore(Protocol):
    """Metrics: points, and what they come to."""

    async def append(self, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        """Record *batches* and answer each: how many points counted, or why none did.

        Batches of one writer count in order of their sequence, each once for ever. ``at`` must be set.
        """
        ...

    async def latest(self, experiment: str) -> Sequence[Latest]:
        """Return all metrics of *experiment* in short, by key."""
        ...

    async def latest_metrics(
        self, experiments: Collection[str], keys: int = 100
    ) -> Mapping[str, Mapping[str, float]]:
        """Return the newest values by experiment and key, at most *keys* of each; for a page of a list."""
        ...

    async def history(self, experiment: str, key: str, *, after: int, limit: int) -> Sequence[Sample]:
        """Return samples whose place is greater than *after*, in order of arrival."""
        ...

    async def thinned(self, experiment: str, key: str, points: int) -> Sequence[Sample]:
        """Return at most *points* samples, evenly chosen by place, first and last among them.

        By step, then time. Reads no more rows than it returns.
        """
        ...


class AnnotationStore(Protocol):
    """Parameters and tags."""

    async def params_of(self, experiments: Collection[str]) -> Mapping[str, Mapping[str, Scalar]]:
        """Return the parameters by experiment, in order of key."""
        ...

    async def tags_of(self, experiments: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the tags by experiment, in order."""
        ...

    async def set_params(self, experiment: str, params: Mapping[str, Spelled]) -> Mapping[str, Scalar]:
        """Add *params* where the key is new; return what is recorded for those that disagree.

        If it returns anything, the caller must not commit.
        """
        ...

    async def change_tags(
        self, experiment: str, add: Collection[str], remove: Collection[str]
    ) -> Sequence[str]:
        """Add and remove tags, either twice as good as once; return all that there are now."""
        ...

    async def seed(self, rows: Sequence[tuple[str, Sequence[str], Mapping[str, Scalar]]]) -> None:
        """Record the tags and parameters (experiment, tags, params) of new experiments, all at once.

        In the transaction of their birth, from specs that were found valid.
        """
        ...


class ArtifactStore(Protocol):
    """Artifacts' rows; their bytes are in the object store."""

    async def artifact(self, experiment: str, path: str) -> Artifact | None:
        """Return the artifact at *path*, None if there is none."""
        ...

    async def artifacts(self, experiment: str, *, after: str, limit: int) -> Sequence[Artifact]:
        """Return artifacts whose path is greater than *after*, by path."""
        ...

    async def artifact_count(self, experiment: str) -> int:
        """Return how many artifacts *experiment* has."""
        ...

    async def put_artifact(self, experiment: str, artifact: Artifact) -> str | None:
        """Record *artifact*; return the object key of the upload it replaces, if any."""
        ...

    async def delete_artifact(self, experiment: str, path: str) -> Artifact | None:
        """Forget the artifact at *path*; return it, None if there was none."""
        ...


class MetadataStore(MetricStore, AnnotationStore, ArtifactStore, Protocol):
    """All metadata of experiments."""

    async def purge(self, experiment: str, limit: int) -> bool:
        """Delete about *limit* rows of *experiment*; return whether nothing is left."""
        ...


class AuditStore(Protocol):
    """The audit trail, for appending."""

    async def audit(self, events: Sequence[AuditEvent]) -> None:
        """Append *events*."""
        ...


class MetadataTransaction(Protocol):
    """One transaction, as far as metadata is concerned."""

    @property
    def access(self) -> AuditStore:
        """The audit trail."""
        ...

    @property
    def metadata(self) -> MetadataStore:
        """Parameters, tags, metrics, artifacts."""
        ...


class MetadataRecords(Protocol):
    """The records, as far as metadata is concerned."""

    def begin(self) -> AbstractAsyncContextManager[MetadataTransaction]:
        """Open a transaction that commits on success and rolls back on any error."""
        ...

    def read(self) -> AbstractAsyncContextManager[MetadataTransaction]:
        """Open a snapshot for reading only."""
        ...
