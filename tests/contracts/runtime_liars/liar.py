"""What liars about runtimes share: a runtime in memory that may tell another story than it knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from typing_extensions import override

from submarine.adapters.memory.runtime import MemoryRuntime
from submarine.core.workloads.observation import Observation, Phase, ReplicaView
from submarine.core.workloads.workload import Handle, Workload


class Liar(MemoryRuntime):
    """Honest in all that a subclass does not twist."""

    def retell(self, seen: Observation) -> Observation:
        """Return what is told of *seen*, by observe and watch alike."""
        return seen

    def twist(self, workload: Workload) -> Workload:
        """Return what is started instead of *workload*."""
        return workload

    def cut_off(self) -> None:
        """Hear that an outage begins."""

    @override
    async def submit(self, workload: Workload) -> None:
        await super().submit(self.twist(workload))

    @override
    def _look(self, handle: Handle) -> Observation:
        return self.retell(super()._look(handle))

    def phase(self, handle: Handle) -> Phase:
        """Return how *handle* fares in truth."""
        return super()._look(handle).phase


def replicas(seen: Observation, **changes: Any) -> tuple[ReplicaView, ...]:
    """Return the replicas of *seen* with *changes*."""
    return tuple(replace(replica, **changes) for replica in seen.replicas)
