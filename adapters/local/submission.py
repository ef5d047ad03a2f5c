"""Makes the folder of an attempt, whole or not at all, and has it started; twice is as good as once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

from submarine.adapters.local import documents
from submarine.adapters.local.admission import Admission
from submarine.adapters.local.launching import launch
from submarine.adapters.local.layout import Attempt, DataDirectory
from submarine.adapters.local.observing import Observer
from submarine.adapters.local.planning import Planner
from submarine.core.errors import InvalidError
from submarine.core.workloads.verdict import PENDING
from submarine.core.workloads.workload import Archive, Workload


class Submission:
    """The way in. All methods but `receive` block."""

    def __init__(
        self, data: DataDirectory, observer: Observer, admission: Admission, planner: Planner
    ) -> None:
        self._data = data
        self._observer = observer
        self._admission = admission
        self._planner = planner

    def known(self, name: str) -> bool:
        """Tell whether *name* was submitted before, or must never be."""
        if os.path.exists(self._data.tombstone(name)):
            self._decline(name)
            return True
        return os.path.isdir(self._data.attempt(name).path)

    def begin(self, workload: Workload) -> str:
        """Return a folder to prepare *workload* in; raise `FullError` if there is no room anyway."""
        self._admission.admit(workload)
        return tempfile.mkdtemp(prefix=f"{workload.name}.", dir=self._data.incoming)

    async def receive(self, source: Archive, folder: str, call: Callable[..., Awaitable[Any]]) -> None:
        """Write the code into *folder*; raise `InvalidError` if it is not what its digest says."""
        digest = hashlib.sha256()
        size = 0
        with await call(open, Attempt(folder).archive, "wb") as file:
            async for chunk in source.read():
                digest.update(chunk)
                size += len(chunk)
                if size > source.size:
                    break
                await call(file.write, chunk)
        if size != source.size or digest.hexdigest() != source.digest:
            raise InvalidError.of("code", f"the archive is not the one named: sha256 {source.digest} differs")

    def settle(self, workload: Workload, folder: str) -> None:
        """Give *workload* its room, and make *folder* its attempt; after this it will not be forgotten."""
        try:
            with self._admission.alone():
                if self.known(workload.name):
                    return
                self._fill(workload, folder)
                os.rename(folder, self._data.attempt(workload.name).path)
                documents.sync_folder(self._data.workloads)
            self._data.attempt(workload.name).announce()
        finally:
            self.discard(folder)

    def _fill(self, workload: Workload, folder: str) -> None:
        ports, devices = self._admission.admit(workload)
        plan: dict[str, Any] = self._planner.plan(workload, ports, devices)
        attempt = Attempt(folder)
        for path in (attempt.code, attempt.output):
            os.mkdir(path)
        for replica in plan["replicas"]:
            os.makedirs(attempt.replica(f"{replica['role']}-{replica['index']}").spool)
        documents.write(attempt.secrets, dict(workload.secrets))
        documents.write(attempt.plan, plan)

    def discard(self, folder: str) -> None:
        """Delete *folder* if it is still there."""
        shutil.rmtree(folder, ignore_errors=True)

    def start(self, name: str) -> None:
        """Start what of *name* has not been started, unless its end was asked for."""
        attempt = self._data.attempt(name)
        sightings = self._observer.sightings(name)
        if any(s.record is None and s.state.phase == PENDING for s in sightings):
            launch(attempt)

    def _decline(self, name: str) -> None:
        """Remember that *name* was submitted too late, so that its end can be observed."""
        if not os.path.isdir(self._data.attempt(name).path):
            documents.write(self._data.refused(name), {"at": documents.now()})
            self._data.attempt(name).announce()
