"""How the replicas of a workload end each other where its success asks for it, server or no server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from submarine.adapters.local import documents, leftovers, processes
from submarine.adapters.local.layout import Attempt
from submarine.adapters.local.states import Sighting, names_of, read_states
from submarine.core.workloads.verdict import LOST, ReplicaState, ends_all

_INTERVAL = 3.0  # seconds between looks at the others, and
_INTERVAL_EACH = 0.1  # for each of them, as each look reads as many files


class Siblings:
    """The other replicas, as one of them sees them."""

    def __init__(self, attempt: Attempt, plan: Mapping[str, Any], own: str) -> None:
        self._attempt = attempt
        self._plan = plan
        self._own = own
        self._swept: set[str] = set()
        self._heed(plan)

    def _heed(self, plan: Mapping[str, Any]) -> None:
        self._wanted = names_of(plan)
        self._replicas = names_of(plan, gone=True)
        self._alone = len(self._replicas) == 1
        self._interval = _INTERVAL + _INTERVAL_EACH * len(self._replicas)
        self._next = time.monotonic() + self._interval

    def consult(self) -> None:
        """Look, now and then, for one that ended or died and could not tell us."""
        if time.monotonic() < self._next:
            return
        self._look_again()
        if self._alone:
            return
        for sighting in read_states(self._attempt, self._replicas):
            if sighting.state.name != self._own:
                self._bury(sighting)
                self.react(sighting.state)

    def react(self, ended: ReplicaState) -> None:
        """Stop all replicas if the end of *ended* decides."""
        self._look_again()
        chief = (ended.role, ended.number) == self._wanted[0]
        if self._alone or (ended.role, ended.number) not in self._wanted:
            return
        if not ends_all(self._plan["success"], ended, chief=chief):
            return
        if not os.path.exists(self._attempt.stop):
            documents.write(self._attempt.stop, {"by": ended.name, "phase": ended.phase})
            self._wake()

    def _look_again(self) -> None:
        """Learn who the others are, of whom there may be more or fewer than there were."""
        if self._plan["kind"] == "service" and (plan := documents.read(self._attempt.plan)):
            self._heed(plan)
        self._next = time.monotonic() + self._interval

    def _bury(self, sighting: Sighting) -> None:
        name = sighting.state.name
        if sighting.state.phase == LOST and name not in self._swept and sighting.record:
            self._swept.add(name)
            leftovers.sweep(leftovers.mark(self._plan["token"], name), sighting.record.get("cgroup", {}))

    def _wake(self) -> None:
        for sighting in read_states(self._attempt, self._replicas):
            if sighting.state.name != self._own and sighting.supervisor is not None:
                processes.send(sighting.supervisor, signal.SIGUSR1)
