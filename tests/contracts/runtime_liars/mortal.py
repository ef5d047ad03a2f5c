"""Runtimes of real processes, of which some break one promise about deaths each."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import weakref
from collections.abc import Collection
from contextlib import nullcontext
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster
from submarine.contracts.runtime import Programs
from submarine.contracts.runtime.deaths import Deaths
from submarine.contracts.runtime.kit import Open, Victims
from submarine.core.ports.runtime import Runtime
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.runtime_liars.liar import Liar
from tests.contracts.simulated_programs import SimulatedPrograms


class Mortal(Liar):
    """Holds each workload up with two processes: when one dies it is lost, and the other is killed."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.processes: dict[Handle, list[subprocess.Popen[bytes]]] = {}
        self.tending: weakref.WeakSet[asyncio.Task[None]] = weakref.WeakSet()

    def pids(self, handle: Handle) -> Collection[int]:
        """Return who of *handle* is alive."""
        return [p.pid for p in self.processes.get(handle, ()) if p.poll() is None]

    def died(self, handle: Handle) -> None:
        """Hear that a process of *handle* has died."""
        self.lose(handle, "node-lost")
        self._kill(handle)

    def ended(self, handle: Handle) -> None:
        """Hear that *handle* is over."""
        self._kill(handle)

    @override
    async def submit(self, workload: Workload) -> None:
        await super().submit(workload)
        command = " ".join(workload.roles[0].command)
        held = self.processes[workload.name] = [_sleeper(command), _sleeper(command)]
        weakref.finalize(self, _end, held)
        task = asyncio.create_task(self._tend(workload.name))
        self.tending.add(task)

    @override
    async def remove(self, handle: Handle) -> None:
        self._kill(handle)
        await super().remove(handle)
        for task in list(self.tending):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _tend(self, handle: Handle) -> None:
        while len(self.pids(handle)) == 2 and not self.phase(handle).ended:
            await asyncio.sleep(0.02)
        if self.phase(handle).ended:
            self.ended(handle)
        elif self.phase(handle) is not Phase.ABSENT:
            self.died(handle)

    def _kill(self, handle: Handle) -> None:
        _end(self.processes.get(handle, []))


class NeverLooksAfterThem(Mortal):
    @override
    def died(self, handle: Handle) -> None: ...


class LeavesTheOthers(Mortal):
    @override
    def died(self, handle: Handle) -> None:
        self.lose(handle, "node-lost")


class ForgetsThemAtTheEnd(Mortal):
    @override
    def ended(self, handle: Handle) -> None: ...


LIARS: dict[str, type[Mortal]] = {
    "test_a_killed_replica_does_not_run_for_ever": NeverLooksAfterThem,
    "test_nothing_outlives_what_held_it": LeavesTheOthers,
    "test_what_hides_does_not_outlive_it": ForgetsThemAtTheEnd,
}


def _sleeper(command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"], env={"SIMULATED": command})


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()


class Suite(Deaths):
    __test__ = False
    lie: ClassVar[str] = ""
    unit = 0.1
    patience = 2.0

    @pytest.fixture
    @override
    def programs(self) -> Programs:
        return SimulatedPrograms()

    @pytest.fixture
    @override
    def reopened(self) -> Open:
        return lambda: nullcontext(LIARS.get(self.lie, Mortal)())

    @pytest.fixture
    @override
    def victims(self, runtime: Runtime) -> Victims:
        assert isinstance(runtime, Mortal)
        return runtime.pids
