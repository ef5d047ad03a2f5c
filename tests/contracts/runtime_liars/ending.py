"""Runtimes that break one promise about cancelling and removing each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster
from submarine.core.errors import ConflictError, NotFoundError
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.runtime_liars.liar import Liar, replicas


class BlamesTheCancelled(Liar):
    @override
    def retell(self, seen: Observation) -> Observation:
        if seen.phase is not Phase.CANCELLED:
            return seen
        return replace(seen, replicas=replicas(seen, phase=Phase.FAILED))


class StumblesOverARepetition(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        if self.phase(handle) is Phase.CANCELLED:
            raise ConflictError(f"{handle} is cancelled already")
        await super().cancel(handle, grace)


class AllowsNoGoodbye(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        for process in self.cluster.runs[handle].processes.values() if handle in self.cluster.runs else ():
            process.goodbye = None
        await super().cancel(handle, grace)


class KnowsNoGrace(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        await super().cancel(handle, 0.0)


class KeepsTheFirstGrace(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        run = self.cluster.runs.get(handle)
        if run is None or not run.cancelled:
            await super().cancel(handle, grace)


class TurnsSuccessIntoCancelled(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.cancelled: set[Handle] = set()

    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        self.cancelled.add(handle)
        await super().cancel(handle, grace)

    @override
    def retell(self, seen: Observation) -> Observation:
        turns = seen.phase is Phase.SUCCEEDED and seen.handle in self.cancelled
        return replace(seen, phase=Phase.CANCELLED) if turns else seen


class ForgetsCancelsOfTheAbsent(Liar):
    @override
    async def cancel(self, handle: Handle, grace: float) -> None:
        if handle in self.cluster.runs:
            await super().cancel(handle, grace)


class RaisesTheCancelled(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        if self.phase(workload.name) is Phase.CANCELLED:
            del self.cluster.runs[workload.name]
        await super().submit(workload)


class ForgetsACancelOnTheWay(Liar):
    @override
    async def submit(self, workload: Workload) -> None:
        known = workload.name in self.cluster.tombstones
        await asyncio.sleep(0.01)
        if not known:
            self.cluster.tombstones.discard(workload.name)
        await super().submit(workload)


class ListsWhatIsRemoved(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.removed: set[Handle] = set()

    @override
    async def remove(self, handle: Handle) -> None:
        self.removed.add(handle)
        await super().remove(handle)

    @override
    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        seen = await super().observe(handles)
        return [*seen, *map(self._look, self.removed)] if handles is None else seen


class KeepsWhatHasEnded(Liar):
    @override
    async def remove(self, handle: Handle) -> None:
        if not self.phase(handle).ended:
            await super().remove(handle)


class MissesWhatIsNotThere(Liar):
    @override
    async def remove(self, handle: Handle) -> None:
        if handle.startswith("sub-nobody"):
            raise NotFoundError(f"no workload {handle!r}")
        await super().remove(handle)


LIARS: dict[str, type[Liar]] = {
    "test_cancelling_ends_it": BlamesTheCancelled,
    "test_cancelling_twice_is_cancelling_once": StumblesOverARepetition,
    "test_a_process_may_say_goodbye": AllowsNoGoodbye,
    "test_cancel_returns_at_once_and_kills_after_the_grace": KnowsNoGrace,
    "test_a_shorter_grace_counts": KeepsTheFirstGrace,
    "test_cancelling_what_has_ended_changes_nothing": TurnsSuccessIntoCancelled,
    "test_what_is_cancelled_before_it_is_submitted_never_starts": ForgetsCancelsOfTheAbsent,
    "test_what_was_cancelled_never_starts_again": RaisesTheCancelled,
    "test_what_starts_is_cancelled_too": ForgetsACancelOnTheWay,
    "test_removing_kills_and_forgets": ListsWhatIsRemoved,
    "test_removing_forgets_what_has_ended": KeepsWhatHasEnded,
    "test_removing_what_is_absent_does_nothing": MissesWhatIsNotThere,
}
