"""What is decided about an attempt when it is submitted, kept on the cluster in its parent object."""

from __future__ import annotations

from typing import Final

import msgspec

from submarine.core.workloads.observation import Observation, Phase, view_of
from submarine.core.workloads.verdict import ReplicaState, Verdict
from submarine.core.workloads.workload import Handle

FORMAT: Final = 1


class RolePlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role: its size, and the ports that others reach."""

    name: str
    replicas: int
    ports: dict[str, int] = {}


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """An attempt: what an observer must know of it.

    ``form`` names the strategy, ``why`` its reason; ``jobs`` tells whether it is made of Jobs of ours, and
    ``queued`` whether it is in a queue of Kueue.
    """

    roles: tuple[RolePlan, ...]
    success: str
    kind: str
    form: str
    why: str = ""
    grace: float = 30.0
    max_duration: float | None = None
    jobs: bool = False
    queued: bool = False
    format: int = FORMAT

    def replicas(self) -> list[tuple[str, int]]:
        """Return role and index of every replica, in order."""
        return [(role.name, index) for role in self.roles for index in range(role.replicas)]


class Closing(msgspec.Struct, frozen=True):
    """How an attempt ended: written once, and then never judged again."""

    verdict: Verdict
    replicas: list[ReplicaState]
    nodes: dict[str, str] = {}


def observation(
    handle: Handle, at: int, verdict: Verdict, states: list[ReplicaState], nodes: dict[str, str]
) -> Observation:
    """Return what the core sees of a verdict; *nodes* by replica."""
    return Observation(
        handle=handle,
        phase=Phase(verdict.phase),
        at=at,
        reason=verdict.reason,
        message=verdict.message,
        exit_code=verdict.exit_code,
        replicas=tuple(view_of(state, nodes.get(state.name, "")) for state in states),
    )
