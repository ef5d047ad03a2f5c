"""Metrics over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, NotRequired

from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from submarine.core.access.principal import Principal
from submarine.core.metadata.manager import MOST_SAMPLES, MetadataManager
from submarine.core.metadata.metrics import MOST_POINTS, Latest, Point, Reported, Sample
from submarine.core.pages import Page
from submarine.entrypoints.http.answers import Answer
from submarine.entrypoints.http.idempotency import Idempotency
from submarine.entrypoints.http.resources.metric_reading import quickly
from submarine.entrypoints.http.resources.numbers import Number
from submarine.entrypoints.http.resources.times import Instant
from submarine.entrypoints.http.routing import Keeping, route
from submarine.entrypoints.http.signature import Quick

_PATH: Final = "/api/v1/experiments/{ref}/metrics"

Count = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]


@with_config(ConfigDict(extra="forbid"))
class PointIn(TypedDict):  # a model would cost half of the time of a call
    """One value; ``at`` in Unix milliseconds, by default the server's time."""

    key: str
    value: Number
    step: NotRequired[int]
    at: NotRequired[int | None]


class MetricsIn(BaseModel, frozen=True, extra="forbid"):
    """Points, in the order they were measured.

    With `writer` and `sequence` a call that is repeated counts once: a writer makes one call at a time,
    counts them up, and repeats one that failed before it makes the next.
    """

    # one wrong point is enough to know: who misspells a key does so ten thousand times
    points: Annotated[list[PointIn], Field(max_length=MOST_POINTS, fail_fast=True)]
    writer: str | None = None
    sequence: int | None = None

    def measured(self) -> Sequence[Reported]:
        """Return the points."""
        return [Point(p["key"], p["value"], p.get("step", 0), p.get("at")) for p in self.points]


class AcceptedView(BaseModel, frozen=True):
    """How many points were recorded; none of a call that was recorded before."""

    accepted: int
    duplicate: bool


@dataclass(slots=True, kw_only=True)
class MetricView:
    """A metric in short: the value of its highest step, and what it came to."""

    key: str
    value: Number
    step: int
    at: Instant
    min: Number | None
    max: Number | None
    count: int

    @classmethod
    def of(cls, found: Latest) -> MetricView:
        """Show *found*."""
        return cls(
            key=found.key,
            value=found.value,
            step=found.step,
            at=found.at,
            min=found.min,
            max=found.max,
            count=found.count,
        )


@dataclass(slots=True, kw_only=True)
class SampleView:
    """One recorded value."""

    step: int
    at: Instant
    value: Number

    @classmethod
    def of(cls, found: Sample) -> SampleView:
        """Show *found*."""
        return cls(step=found.step, at=found.at, value=found.value)


class MetricsController:
    """Translates between HTTP and `MetadataManager`."""

    def __init__(self, metadata: MetadataManager) -> None:
        self._metadata = metadata

    # the writer's sequence makes a repeated call count once: an answer kept beside would cost as much again
    @route("POST", _PATH, tag="metrics", size="body", keeping=Keeping.HANDLER)
    async def log_metrics(
        self,
        principal: Principal,
        ref: str,
        body: Annotated[MetricsIn, Quick(quickly)],
        promise: Idempotency | None,
        *,
        project: str | None = None,
    ) -> Answer[AcceptedView]:
        """Record points of metrics; they are safe when this has answered."""
        points = body.measured()
        writer, sequence = body.writer, body.sequence
        keyed = promise is not None and writer is None and sequence is None
        if promise is not None and keyed:
            writer, sequence = _writer_of(promise), 0
        found = await self._metadata.log_metrics(
            principal, ref, points, writer=writer, sequence=sequence, project=project
        )
        if keyed and found.duplicate:
            return Answer(AcceptedView(accepted=len(points), duplicate=False), replayed=True)
        return Answer(AcceptedView(accepted=found.accepted, duplicate=found.duplicate))

    @route("GET", _PATH, tag="metrics")
    async def list_metrics(
        self, principal: Principal, ref: str, *, project: str | None = None
    ) -> Page[MetricView]:
        """List the metrics of an experiment with their newest values."""
        return Page([MetricView.of(m) for m in await self._metadata.metrics(principal, ref, project=project)])

    @route("GET", _PATH + "/{key:.+}", tag="metrics")
    async def show_metric(
        self,
        principal: Principal,
        ref: str,
        key: str,
        *,
        cursor: str | None = None,
        limit: Count = 1000,
        max_points: Count | None = None,
        project: str | None = None,
    ) -> Page[SampleView]:
        """List the values of one metric, in the order they came.

        With `max_points` the whole metric is thinned evenly to so many, first and last among them, by
        step.
        """
        page = await self._metadata.history(
            principal, ref, key, cursor=cursor, limit=limit, max_points=max_points, project=project
        )
        return Page([SampleView.of(sample) for sample in page.items], page.cursor)


def _writer_of(promise: Idempotency) -> str:
    said = f"{promise.scope} {promise.key} {promise.fingerprint}"
    return f"key:{hashlib.sha256(said.encode()).hexdigest()}"
