"""The things the server tells of, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from submarine.entrypoints.sdk.documents import Document

State = Literal[
    "accepted", "queued", "placing", "submitted", "running", "suspended",
    "succeeded", "failed", "cancelling", "cancelled", "lost",
]  # fmt: skip
TERMINAL: Final[frozenset[str]] = frozenset({"succeeded", "failed", "cancelled", "lost"})
"""States after which nothing follows."""

Scalar = str | int | float | bool | None


class Replica(Document):
    """One process of an experiment."""

    role: str
    index: int
    phase: str
    exit_code: int | None
    reason: str | None
    message: str | None
    node: str | None
    started_at: datetime | None
    ended_at: datetime | None


class Experiment(Document):
    """One submitted run of a spec."""

    id: str
    name: str
    project: str
    description: str
    tags: list[str]
    params: dict[str, Scalar]
    state: State
    reason: str | None
    message: str | None
    since_at: datetime
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    created_by: str
    attempt: int
    cluster: str | None
    queue: str | None
    priority: str
    framework: str
    exit_code: int | None
    replicas: list[Replica]
    metrics: dict[str, float]
    rerun_of: str | None
    version: int
    spec: dict[str, Any]
    _nested: ClassVar[Mapping[str, type[Document]]] = {"replicas": Replica}
    _numbers: ClassVar[frozenset[str]] = frozenset({"metrics"})

    @property
    def ended(self) -> bool:
        """Return whether the experiment is in a state after which nothing follows."""
        return self.state in TERMINAL


class Candidate(Document):
    """A cluster the placement looked at, and why it was or was not taken."""

    cluster: str
    taken: bool
    reason: str


class Decision(Document):
    """Where a placement policy put an experiment, with every candidate."""

    at: datetime | int
    policy: str
    chosen: str | None
    reason: str
    candidates: list[Candidate]
    _nested: ClassVar[Mapping[str, type[Document]]] = {"candidates": Candidate}


class Plan(Document):
    """What a dry run says would happen."""

    experiment: dict[str, Any]
    cluster: str | None
    placement: Decision
    faults: list[Any]
    _nested: ClassVar[Mapping[str, type[Document]]] = {"placement": Decision}


class Change(Document):
    """One step in the life of an experiment."""

    at: datetime | str
    state: State
    reason: str | None
    message: str | None
    attempt: int


class Explanation(Document):
    """Why an experiment is where it is, since when, and what it waits for."""

    state: State
    reason: str | None
    message: str | None
    since_at: datetime
    waits_for: Any
    placement: Decision | None
    history: list[Change]
    _nested: ClassVar[Mapping[str, type[Document]]] = {"placement": Decision, "history": Change}


class Event(Document):
    """Something that happened to an experiment."""

    id: str
    at: datetime | str
    type: str
    experiment: str
    project: str
    state: State
    reason: str | None
    message: str | None
    attempt: int
    data: dict[str, Any]


class Metric(Document):
    """The newest value of one key, and its range."""

    key: str
    value: float
    step: int | None
    at: datetime | str
    min: float
    max: float
    count: int
    _numbers: ClassVar[frozenset[str]] = frozenset({"value", "min", "max"})


class Point(Document):
    """One value of a metric."""

    step: int | None
    at: datetime | str
    value: float
    _numbers: ClassVar[frozenset[str]] = frozenset({"value"})


class Difference(Document):
    """What differs between two experiments."""

    a: str
    b: str
    spec: list[dict[str, Any]]
    params: list[dict[str, Any]]
    metrics: list[dict[str, Any]]


class Artifact(Document):
    """A file of an experiment, stored by the server or registered by URI."""

    path: str
    uri: str
    size: int | None
    digest: str | None
    created_at: datetime


class Cluster(Document):
    """Somewhere experiments run."""

    name: str
    runtime: str
    labels: dict[str, str]
    health: Literal["unknown", "ok", "unreachable", "draining", "misconfigured"]
    since_at: datetime
    reason: str | None
    capacity: dict[str, Any] | None
    running: int
    queued: int


class Project(Document):
    """A place for experiments, owned by a team."""

    id: str
    name: str
    team: str
    ref: str
    description: str
    created_at: datetime


class Team(Document):
    """People with roles over the same projects; ``role`` is the caller's own."""

    name: str
    description: str
    created_at: datetime
    role: str | None


class Member(Document):
    """A user and the role in a team."""

    user: str
    role: Literal["viewer", "member", "maintainer"]


class User(Document):
    """Somebody who may log in."""

    name: str
    email: str | None
    display_name: str | None
    admin: bool
    disabled: bool
    created_at: datetime


class Token(Document):
    """A key for programs; ``token`` itself is told once, when it is made."""

    id: str
    name: str
    scopes: list[str]
    project: str | None
    user: str
    token: str
    expires_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None


class Me(Document):
    """Who is calling, and with which token."""

    name: str
    email: str | None
    display_name: str | None
    admin: bool
    teams: list[dict[str, str]]
    token: dict[str, Any]


class Login(Document):
    """A token got for a password."""

    token: str
    expires_at: datetime | None
    user: Any


class AuditEvent(Document):
    """Who did what to which thing, and whether it was allowed."""

    id: str
    at: datetime | str
    actor: str
    action: str
    target: str
    project: str | None
    team: str | None
    request_id: str | None
    outcome: str
    data: dict[str, Any]


class Plugins(Document):
    """What is installed (``plugins["items"]``), and what could not be loaded."""

    broken: list[dict[str, Any]]


class ServerInfo(Document):
    """The server's version and what it can do."""

    version: str
    api: str
    min_client: str
    features: list[str]
