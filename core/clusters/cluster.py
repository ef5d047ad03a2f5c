"""A cluster as configuration names it and as it was last seen."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from submarine.core.ports.runtime import Capacity, Runtime


class Health(enum.StrEnum):
    """Whether new work goes there. ``unreachable`` says nothing about the work that is there.

    ``misconfigured``: the name stands for another cluster, which another server follows.
    """

    UNKNOWN = "unknown"
    OK = "ok"
    UNREACHABLE = "unreachable"
    DRAINING = "draining"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What the operator configured: a name, an opened runtime, labels; ``order`` is its place there."""

    name: str
    kind: str
    runtime: Runtime
    labels: Mapping[str, str] = field(default_factory=dict)
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """What is known of a cluster; ``since`` its health changed, ``seen`` it last answered (Unix ms)."""

    name: str
    health: Health = Health.UNKNOWN
    since: int = 0
    reason: str = ""
    seen: int | None = None
    capacity: Capacity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """Something of ours on a cluster that no record wants; swept some time after ``first_seen``."""

    cluster: str
    handle: str
    first_seen: int
    reason: str
