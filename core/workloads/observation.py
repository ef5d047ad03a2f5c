"""What a runtime sees of a workload, at a moment."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from submarine.core.workloads.verdict import ReplicaState
from submarine.core.workloads.workload import Handle


class Phase(enum.StrEnum):
    """How a workload, or one replica of it, fares on its cluster.

    ``lost``: it was there and its end is unknown (a supervisor or a node died).
    ``absent``: the cluster answers, and has nothing of this name.
    """

    PENDING = "pending"
    RUNNING = "running"
    SUSPENDED = "suspended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    ABSENT = "absent"

    @property
    def ended(self) -> bool:
        """Tell whether nothing of it runs any more."""
        return self not in {Phase.PENDING, Phase.RUNNING, Phase.SUSPENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaView:
    """One process of a role. Times are Unix milliseconds; ``exit_code`` is 128 + n for signal n."""

    role: str
    index: int
    phase: Phase
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    node: str = ""
    started: int | None = None
    ended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A whole workload. ``reason`` is one lower-case-hyphen word, ``message`` a sentence.

    Reasons every runtime uses where they apply: ``exit-code``, ``out-of-memory``, ``preempted``,
    ``deadline-exceeded``, ``cancelled``, ``node-lost``, ``supervisor-lost``, ``preparation-failed``,
    ``unschedulable``, ``image-pull``, ``quota``. ``native`` holds names the cluster gave it (an
    application id); ``at`` is when it was seen, Unix milliseconds.
    """

    handle: Handle
    phase: Phase
    at: int
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    replicas: tuple[ReplicaView, ...] = ()
    native: Mapping[str, str] = field(default_factory=dict)


def view_of(state: ReplicaState, node: str) -> ReplicaView:
    """Return *state* of a replica, on *node*, as it is shown."""
    return ReplicaView(
        role=state.role,
        index=state.number,
        phase=Phase(state.phase),
        exit_code=state.exit_code,
        reason=state.reason,
        message=state.message,
        node=node,
        started=state.started,
        ended=state.ended,
    )
