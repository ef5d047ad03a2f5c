"""What the files say of a replica; read alike by servers and by its siblings' supervisors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from submarine.adapters.local import documents, processes
from submarine.adapters.local.layout import Attempt
from submarine.adapters.local.processes import Identity
from submarine.core.workloads.verdict import CANCELLED, LIVE, LOST, PENDING, STOPPED, ReplicaState

Record = Mapping[str, Any]


class Sighting(NamedTuple):
    """A replica and the record it was read from; ``record`` is None if it never started."""

    state: ReplicaState
    record: Record | None

    @property
    def supervisor(self) -> Identity | None:
        """Return who runs the replica, or ran it."""
        return Identity(*self.record["supervisor"]) if self.record else None


def read_state(attempt: Attempt, role: str, index: int) -> Sighting:
    """Return how a replica fares; a supervisor that died without a word makes it lost."""
    path = attempt.replica(f"{role}-{index}").state
    record = documents.read(path)
    if record is None:
        return _never_started(attempt, role, index)
    sighting = Sighting(_state(role, index, record), record)
    if sighting.state.phase in LIVE and not processes.alive(sighting.supervisor or processes.myself()):
        # It may have written its last word between our two looks.
        record = documents.read(path) or record
        sighting = Sighting(_state(role, index, record), record)
        if sighting.state.phase in LIVE:
            return Sighting(_lost(attempt, sighting.state), record)
    return sighting


def names_of(plan: Mapping[str, Any], *, gone: bool = False) -> list[tuple[str, int]]:
    """Return role and index of the replicas of *plan*; with *gone*, also of those that were taken away."""
    every = [*plan["replicas"], *(plan.get("leaving", ()) if gone else ())]
    return [(replica["role"], replica["index"]) for replica in every]


def read_states(attempt: Attempt, replicas: Sequence[tuple[str, int]]) -> list[Sighting]:
    """Return how all *replicas* (role and index) fare."""
    return [read_state(attempt, role, index) for role, index in replicas]


def _never_started(attempt: Attempt, role: str, index: int) -> Sighting:
    # A supervisor that starts after all looks for these orders before it starts anything.
    if os.path.exists(attempt.cancel):
        state = ReplicaState(role, index, CANCELLED, "cancelled", "cancelled before it started")
    elif os.path.exists(attempt.stop):
        state = ReplicaState(role, index, CANCELLED, STOPPED, "stopped before it started")
    else:
        state = ReplicaState(role, index, PENDING, "starting", "its supervisor has not started yet")
    return Sighting(state, None)


def _lost(attempt: Attempt, state: ReplicaState) -> ReplicaState:
    if os.path.exists(attempt.cancel):
        return state._replace(phase=CANCELLED, reason="cancelled", message="killed with its supervisor")
    return state._replace(
        phase=LOST, reason="supervisor-lost", message="its supervisor died, so nobody saw how it ended"
    )


def _state(role: str, index: int, record: Record) -> ReplicaState:
    return ReplicaState(
        role,
        index,
        record["phase"],
        record.get("reason", ""),
        record.get("message", ""),
        record.get("exit_code"),
        record.get("started"),
        record.get("ended"),
    )
