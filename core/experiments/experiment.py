"""An experiment as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from submarine.core.jobs.interpolation import Scalar
from submarine.core.jobs.job import Decision
from submarine.core.jobs.lifecycle import State
from submarine.core.workloads.observation import ReplicaView


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an experiment is beyond its job, which has the same id. ``version`` counts edits by people."""

    id: str
    project: str
    name: str
    description: str
    framework: str
    created_by: str
    created: int
    rerun_of: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Record, job and metadata in one; times are Unix milliseconds.

    ``project`` is ``team/name``. ``replicas`` and ``spec`` are None where nobody asked for them, as in
    lists. ``version`` grows with every change of state and every edit.
    """

    id: str
    name: str
    project: str
    project_id: str
    description: str
    state: State
    reason: str
    message: str
    changed: int
    created: int
    started: int | None
    ended: int | None
    created_by: str
    attempt: int
    cluster: str | None
    queue: str | None
    priority: int
    framework: str
    exit_code: int | None
    rerun_of: str | None
    version: int
    tags: tuple[str, ...] = ()
    params: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    replicas: tuple[ReplicaView, ...] | None = None
    spec: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a dry run tells: the spec as it would be stored, and where it would go now."""

    spec: Mapping[str, Any]
    project: str
    placement: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an experiment is where it is. ``waits_for`` is a sentence, empty when it waits for nothing."""

    experiment: Experiment
    waits_for: str
    placement: Decision | None
    history: tuple[Mapping[str, Any], ...]
