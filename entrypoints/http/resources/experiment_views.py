"""What readers of experiments see.

What is shown by the hundred is a plain class: pydantic takes ten times as long to make a model, and dumps
it no faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from submarine.core.events.event import Event
from submarine.core.experiments.experiment import Experiment, Explanation, Plan
from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.job import Decision
from submarine.core.workloads import observation
from submarine.entrypoints.http.resources.times import Instant


@dataclass(slots=True, kw_only=True)
class ReplicaView:
    """One process of a role."""

    role: str
    index: int
    phase: str
    exit_code: int | None
    reason: str
    message: str
    node: str
    started_at: Instant | None
    ended_at: Instant | None

    @classmethod
    def of(cls, replica: observation.ReplicaView) -> ReplicaView:
        """Show *replica*."""
        return cls(
            role=replica.role,
            index=replica.index,
            phase=replica.phase.value,
            exit_code=replica.exit_code,
            reason=replica.reason,
            message=replica.message,
            node=replica.node,
            started_at=replica.started,
            ended_at=replica.ended,
        )


@dataclass(slots=True, kw_only=True)
class ExperimentView:
    """An experiment; in lists ``spec`` and ``replicas`` are there when ``fields=`` asks for them."""

    id: str
    name: str
    project: str
    description: str
    tags: list[str]
    params: dict[str, Scalar]
    state: str
    reason: str
    message: str
    since_at: Instant
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    created_by: str
    attempt: int
    cluster: str | None
    queue: str | None
    priority: int
    framework: str
    exit_code: int | None
    replicas: list[ReplicaView] | None
    metrics: dict[str, float | str]
    rerun_of: str | None
    version: int
    spec: dict[str, Any] | None

    @classmethod
    def of(cls, e: Experiment) -> ExperimentView:
        """Show *e*."""
        return cls(
            id=e.id,
            name=e.name,
            project=e.project,
            description=e.description,
            tags=list(e.tags),
            params=dict(e.params),
            state=e.state.value,
            reason=e.reason,
            message=e.message,
            since_at=e.changed,
            created_at=e.created,
            started_at=e.started,
            ended_at=e.ended,
            created_by=e.created_by,
            attempt=e.attempt,
            cluster=e.cluster,
            queue=e.queue,
            priority=e.priority,
            framework=e.framework,
            exit_code=e.exit_code,
            replicas=None if e.replicas is None else [ReplicaView.of(r) for r in e.replicas],
            metrics={key: finite(value) for key, value in e.metrics.items()},
            rerun_of=e.rerun_of,
            version=e.version,
            spec=None if e.spec is None else dict(e.spec),
        )


def finite(value: float) -> float | str:
    """Return *value*, as a word where JSON has no number for it."""
    if value != value:  # noqa: PLR0124 - the definition of not-a-number
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    return value


class CandidateView(BaseModel, frozen=True):
    """A cluster that was considered, and why it was taken or not."""

    cluster: str
    taken: bool
    reason: str


class DecisionView(BaseModel, frozen=True):
    """How a cluster was chosen."""

    at: Instant
    policy: str
    chosen: str | None
    reason: str
    candidates: list[CandidateView]

    @classmethod
    def of(cls, decision: Decision) -> DecisionView:
        """Show *decision*."""
        return cls(
            at=decision.at,
            policy=decision.policy,
            chosen=decision.chosen,
            reason=decision.reason,
            candidates=[
                CandidateView(cluster=c.cluster, taken=c.taken, reason=c.reason) for c in decision.candidates
            ],
        )


class PlanView(BaseModel, frozen=True):
    """What would be run, and where; nothing was changed."""

    experiment: dict[str, Any]
    project: str
    cluster: str | None
    placement: DecisionView

    @classmethod
    def of(cls, plan: Plan) -> PlanView:
        """Show *plan*."""
        return cls(
            experiment=dict(plan.spec),
            project=plan.project,
            cluster=plan.placement.chosen,
            placement=DecisionView.of(plan.placement),
        )


class StepView(BaseModel, frozen=True):
    """A change of state."""

    at: Instant
    state: str
    reason: str
    message: str
    attempt: int


class ExplanationView(BaseModel, frozen=True):
    """Why an experiment is where it is."""

    id: str
    name: str
    state: str
    reason: str
    message: str
    since_at: Instant
    waits_for: str
    placement: DecisionView | None
    history: list[StepView]

    @classmethod
    def of(cls, found: Explanation) -> ExplanationView:
        """Show *found*."""
        e = found.experiment
        return cls(
            id=e.id,
            name=e.name,
            state=e.state.value,
            reason=e.reason,
            message=e.message,
            since_at=e.changed,
            waits_for=found.waits_for,
            placement=None if found.placement is None else DecisionView.of(found.placement),
            history=[_step(step) for step in found.history],
        )


def _step(step: Mapping[str, Any]) -> StepView:
    return StepView.model_validate({key: step[key] for key in StepView.model_fields})


@dataclass(slots=True, kw_only=True)
class EventView:
    """One thing that happened to an experiment; ``id`` is what ``Last-Event-ID`` takes."""

    id: str
    at: Instant
    type: str
    experiment: str
    project: str
    state: str | None
    reason: str | None
    message: str | None
    attempt: int | None
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventView:
        """Show *event*."""
        said: Mapping[str, Any] = event.data
        return cls(
            id=event.cursor,
            at=event.at,
            type=event.type,
            experiment=event.job,
            project=event.project,
            state=said.get("state"),
            reason=said.get("reason"),
            message=said.get("message"),
            attempt=said.get("attempt"),
            data=dict(said),
        )


class DifferenceView(BaseModel, frozen=True):
    """A leaf that differs; null where one of the two has none."""

    path: str
    a: Any
    b: Any


class DiffView(BaseModel, frozen=True):
    """How two experiments differ; ``a`` and ``b`` are their ids."""

    a: str
    b: str
    spec: list[DifferenceView]
    params: list[DifferenceView]
    metrics: list[DifferenceView]
