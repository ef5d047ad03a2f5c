"""Runtimes that break one promise about clocks each: they mix two."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster
from submarine.core.clock import now
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.runtime_liars.liar import Liar

_BOOT: Final = time.time() - time.monotonic()


def theirs() -> int:
    """Return what the clock of the backend says, which nobody has set."""
    return round((_BOOT + time.monotonic()) * 1000)


class LosesWhatSeemsOld(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        born = min((r.started or now() for r in seen.replicas), default=now())
        old = not seen.phase.ended and abs(now() - born) > 600_000
        return replace(seen, phase=Phase.LOST, reason="node-lost") if old else seen


class CountsDownOnTwoClocks(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.until: dict[Handle, float] = {}

    @override
    async def submit(self, workload: Workload) -> None:
        if workload.max_duration is not None:
            self.until[workload.name] = now() + workload.max_duration * 1000
        await super().submit(replace(workload, max_duration=None))

    @override
    def retell(self, seen: Observation) -> Observation:
        over = theirs() > self.until.get(seen.handle, float("inf"))
        return replace(seen, phase=Phase.FAILED, reason="deadline-exceeded") if over else seen


class TellsTheirTime(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, at=theirs())


LIARS: dict[str, type[Liar]] = {
    "test_a_wrong_clock_ends_nothing": LosesWhatSeemsOld,
    "test_a_deadline_is_judged_by_one_clock": CountsDownOnTwoClocks,
    "test_an_observation_is_dated_by_the_clock_of_the_server": TellsTheirTime,
}
