"""Makes services larger and smaller: their plan is written anew, and their supervisors go by it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any, Final

from submarine.adapters.local import documents, leftovers, processes
from submarine.adapters.local.admission import Admission
from submarine.adapters.local.layout import Attempt, DataDirectory
from submarine.adapters.local.observing import Observer
from submarine.adapters.local.planning import Planner
from submarine.adapters.local.states import read_state
from submarine.core.errors import ConflictError, NotFoundError, UnavailableError
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.scaling import sizes
from submarine.core.workloads.verdict import LIVE
from submarine.core.workloads.workload import Workload

Who = tuple[str, int]

_PATIENCE: Final = 5.0  # seconds that a supervisor has to be gone when it has written its last word


class Scaling:
    """Writes plans; all in them is decided by one server at a time. All methods block."""

    def __init__(
        self, data: DataDirectory, observer: Observer, admission: Admission, planner: Planner
    ) -> None:
        self._data = data
        self._observer = observer
        self._admission = admission
        self._planner = planner

    def scale(self, workload: Workload) -> None:
        """Have *workload* be as large as it says; who joins has yet to be started."""
        name = workload.name
        with self._admission.alone():
            plan = self._observer.plan(name)
            if plan is None:
                raise NotFoundError(f"no workload {name!r} here")
            attempt = self._data.attempt(name)
            before = [each["role"] for each in plan["replicas"]]
            wanted = sizes(workload, plan["kind"], list(dict.fromkeys(before)))
            ending = os.path.exists(attempt.cancel) or os.path.exists(attempt.stop)
            if ending or self._observer.one(name).phase.ended:
                raise ConflictError(f"{name} has ended, or is about to")
            if any(before.count(role) != size for role, size in wanted.items()):
                documents.write(attempt.plan, self._resized(attempt, plan, workload))
            for role, index in _names(workload):
                self._reclaim(attempt, plan, (role, index))
        for sighting in self._observer.sightings(name):
            if sighting.state.phase in LIVE and sighting.supervisor is not None:
                processes.send(sighting.supervisor, signal.SIGUSR1)
        attempt.announce()

    def _resized(self, attempt: Attempt, plan: Mapping[str, Any], workload: Workload) -> documents.Document:
        """Return the new plan; raise `FullError` if there is no room for it."""
        kept = {(had["role"], had["index"]): had for had in plan["replicas"]}
        for left in plan.get("leaving", ()):
            who = left["role"], left["index"]
            sighting = read_state(attempt, *who)
            if sighting.record is not None and sighting.state.phase in LIVE:
                kept[who] = left  # it begins again where it was, when it has ended
        joining = [who for who in _names(workload) if who not in kept]
        needed = Resources()
        for each in workload.roles:
            needed += each.resources * sum(role == each.name for role, _ in joining)
        ports, devices = self._admission.room(needed)
        for role, index in joining:
            os.makedirs(attempt.replica(f"{role}-{index}").spool, exist_ok=True)
        return self._planner.resized(plan, workload, kept, ports, devices)

    def _reclaim(self, attempt: Attempt, before: Mapping[str, Any], who: Who) -> None:
        """Let *who*, which was taken away and has ended, be started again.

        A supervisor looks at the plan once more after its last word, so either it goes on or it is gone.
        """
        if who not in {(each["role"], each["index"]) for each in before.get("leaving", ())}:
            return
        name = "{}-{}".format(*who)
        deadline = time.monotonic() + _PATIENCE
        while (sighting := read_state(attempt, *who)).record is not None:
            if sighting.state.phase in LIVE:
                return
            if sighting.supervisor is None or not processes.alive(sighting.supervisor):
                leftovers.sweep(leftovers.mark(before["token"], name), sighting.record.get("cgroup", {}))
                os.unlink(attempt.replica(name).state)
                return
            if time.monotonic() > deadline:
                raise UnavailableError(f"the supervisor of {name} of {attempt.name} does not end; try again")
            time.sleep(0.01)


def _names(workload: Workload) -> list[Who]:
    return [(role.name, index) for role in workload.roles for index in range(role.replicas)]
