"""Orders to workloads that are there: end, pause, go on, be gone."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from typing import Any, Final

from submarine.adapters.local import documents, leftovers, processes
from submarine.adapters.local.admission import Admission
from submarine.adapters.local.layout import Attempt, DataDirectory
from submarine.adapters.local.observing import Observer
from submarine.core.errors import NotFoundError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.verdict import LIVE

_PATIENCE: Final = 10.0  # seconds supervisors have to obey before they are killed themselves


class Orders:
    """Writes orders down and wakes the supervisors that carry them out. All methods block."""

    def __init__(self, data: DataDirectory, observer: Observer, admission: Admission) -> None:
        self._data = data
        self._observer = observer
        self._admission = admission

    def cancel(self, name: str, grace: float) -> None:
        """Ask for the end of *name*; leave a tombstone if it is not there yet."""
        if not is_name(name):
            return
        with self._admission.alone():
            if not os.path.isdir(self._data.attempt(name).path):
                self._bury(name)
                return
        if not self._ended(name):
            self._order_end(self._data.attempt(name), grace)

    def remove(self, name: str) -> None:
        """Kill and delete *name*."""
        if not is_name(name):
            return
        attempt = self._data.attempt(name)
        if os.path.isdir(attempt.path):
            with self._admission.alone():
                self._bury(name)
            self._kill(attempt)
            trash = os.path.join(self._data.trash, f"{name}.{secrets.token_hex(4)}")
            try:
                os.rename(attempt.path, trash)
            except FileNotFoundError:  # somebody else removes it too
                return
            shutil.rmtree(trash, ignore_errors=True)
        for path in (self._data.refused(name), self._data.change(name)):
            if os.path.exists(path):
                os.unlink(path)

    def suspend(self, name: str, *, suspended: bool) -> None:
        """Pause *name*, or let it go on; raise `NotFoundError` if absent."""
        attempt = self._data.attempt(name)
        if self._observer.plan(name) is None:
            raise NotFoundError(f"no workload {name!r} here")
        if suspended:
            os.close(os.open(attempt.suspend, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        elif os.path.exists(attempt.suspend):
            os.unlink(attempt.suspend)
        self._wake(name)

    def _bury(self, name: str) -> None:
        documents.write(self._data.tombstone(name), {"at": documents.now()})

    def _ended(self, name: str) -> bool:
        return self._observer.one(name).phase.ended

    def _order_end(self, attempt: Attempt, grace: float) -> None:
        """Write the order before any signal, so that whoever dies now, the end comes."""
        kill_at = documents.now() + round(grace * 1000)
        order: dict[str, Any] | None = documents.read(attempt.cancel)
        if order is None or kill_at < order["kill_at"]:
            try:
                documents.write(attempt.cancel, {"grace": grace, "kill_at": kill_at})
            except FileNotFoundError:  # removed meanwhile
                return
        self._wake(attempt.name)
        attempt.announce()

    def _wake(self, name: str) -> None:
        for sighting in self._observer.sightings(name):
            if sighting.state.phase in LIVE and sighting.supervisor is not None:
                processes.send(sighting.supervisor, signal.SIGUSR1)

    def _kill(self, attempt: Attempt) -> None:
        self._order_end(attempt, 0.0)
        give_up = time.monotonic() + _PATIENCE
        while not self._ended(attempt.name) and time.monotonic() < give_up:
            time.sleep(0.02)
        plan: Any = self._observer.plan(attempt.name) or documents.read(attempt.plan)
        for sighting in self._observer.sightings(attempt.name):
            if plan is not None and sighting.state.phase in LIVE and sighting.supervisor is not None:
                processes.send(sighting.supervisor, signal.SIGKILL)
                value = leftovers.mark(plan["token"], sighting.state.name)
                leftovers.sweep(value, (sighting.record or {}).get("cgroup", {}))
