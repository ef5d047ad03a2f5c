"""A job: one thing somebody wants run, through all its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from submarine.core.events.event import Event
from submarine.core.jobs.lifecycle import State, check
from submarine.core.jobs.spec import JobSpec
from submarine.core.workloads.observation import ReplicaView
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, WorkloadKind, handle_of

STEP: Final = "state"
"""The type of the events that tell of a change of state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A cluster, whether it was taken, and why or why not."""

    cluster: str
    taken: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a cluster was chosen, with every candidate; ``chosen`` is None when none would do."""

    at: int
    policy: str
    chosen: str | None
    reason: str
    candidates: tuple[Considered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The record of a job. Times are Unix milliseconds.

    ``demand`` is what decides where it fits (`demand_of`). ``changed``: since when it is in this state
    for this reason. ``due``: when the submitter should look again. ``attempt`` counts from 1 once placed,
    0 before. ``version`` grows with each change and fences writers: who changes a job names the version
    they read. ``grace`` is the seconds that whoever cancelled it gave it, None for what its spec says.
    """

    id: str
    kind: str
    workload: WorkloadKind
    project: str
    name: str
    spec: JobSpec
    created: int
    created_by: str
    changed: int
    resources: Resources
    demand: str = ""
    state: State = State.ACCEPTED
    reason: str = ""
    message: str = ""
    attempt: int = 0
    version: int = 1
    priority: int = 50
    queue: str | None = None
    cluster: str | None = None
    started: int | None = None
    ended: int | None = None
    due: int = 0
    exit_code: int | None = None
    grace: float | None = None
    placement: Decision | None = None
    replicas: tuple[ReplicaView, ...] = ()
    native: Mapping[str, str] = field(default_factory=dict)

    @property
    def handle(self) -> Handle:
        """Return the remote name of the current attempt."""
        return handle_of(self.id, self.attempt)

    def moved(self, state: State, at: int, *, reason: str = "", message: str = "", **changes: object) -> Job:
        """Return this job one version later in *state*; raise `IllegalTransitionError` if it may not go."""
        check(self.state, state)
        same = state is self.state and reason == self.reason
        return replace(
            self,
            state=state,
            reason=reason,
            message=message,
            changed=self.changed if same else at,
            version=self.version + 1,
            ended=at if state.terminal else None,
            **changes,  # type: ignore[arg-type]  # the names are this class's own
        )

    def event(self, at: int) -> Event:
        """Return the event that tells of the present state."""
        data: dict[str, object] = {
            "state": self.state.value,
            "reason": self.reason,
            "message": self.message,
            "attempt": self.attempt,
            "version": self.version,
        }
        if self.cluster:
            data["cluster"] = self.cluster
        if self.exit_code is not None:
            data["exit_code"] = self.exit_code
        return Event(at=at, project=self.project, job=self.id, type=STEP, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job on one cluster. ``collected``: its logs are in our store and the cluster is clean."""

    job: str
    number: int
    cluster: str
    state: State
    reason: str = ""
    exit_code: int | None = None
    created: int
    ended: int | None = None
    collected: bool = False
    replicas: tuple[ReplicaView, ...] = ()

    @property
    def handle(self) -> Handle:
        """Return its name on the cluster."""
        return handle_of(self.job, self.number)
