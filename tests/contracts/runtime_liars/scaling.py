"""Runtimes that break one promise about being made larger and smaller each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster, Run
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.workload import Handle, Workload, WorkloadKind
from tests.contracts.runtime_liars.liar import Liar


class BeginsAnew(Liar):
    """The whole service, for the sake of its size."""

    @override
    async def scale(self, workload: Workload) -> None:
        await super().scale(workload)
        self.cluster.runs[workload.name] = run = Run(workload, self.cluster)
        run.start()


class TakesTheFirst(Liar):
    """The others move up, as one sees by their ages."""

    @override
    def retell(self, seen: Observation) -> Observation:
        known = self.cluster.runs.get(seen.handle)
        if known is None or len(seen.replicas) == len(known.processes):
            return seen
        moved = (replace(each, started=(each.started or 0) + 1) for each in seen.replicas)
        return replace(seen, replicas=tuple(moved))


class ForgetsTheGone(Liar):
    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        if (role, index) not in {(r.role, r.index) for r in self._look(handle).replicas}:
            raise NotFoundError(f"no replica {role}-{index} of {handle!r} any more")
        async for chunk in super().logs(handle, role, index, offset=offset, follow=follow):
            yield chunk


class Forgetful:
    name = "contract"

    def variables(self, peers: Peers, role: str, index: int) -> Mapping[str, str]:
        return {"CONTRACT_PEERS": peers.addresses[role][0], "CONTRACT_SELF": f"{role}.{index}"}


class TellsWhatWasTrueBefore(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        run = self.cluster.runs[workload.name]
        run.workload = replace(run.workload, framework=Forgetful())
        await super().scale(workload)


class LetsNobodyComeBack(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        run = self.cluster.runs.get(workload.name)
        before = 0 if run is None else run.workload.roles[0].replicas
        if run is None or not before < workload.roles[0].replicas <= len(run.processes):
            await super().scale(workload)


class AddsEachTime(Liar):
    def __init__(self, cluster: Cluster | None = None) -> None:
        super().__init__(cluster)
        self.asked: list[Workload] = []

    @override
    async def scale(self, workload: Workload) -> None:
        self.asked.append(workload)
        (role,) = workload.roles
        larger = replace(role, replicas=role.replicas + self.asked.count(workload) - 1)
        await super().scale(replace(workload, roles=(larger,)))


class KeepsTheSizeToItself(Liar):
    """Whoever has not heard the order sees what there was before."""

    known = 1

    @override
    async def scale(self, workload: Workload) -> None:
        self.known = workload.roles[0].replicas
        await super().scale(workload)

    @override
    def retell(self, seen: Observation) -> Observation:
        return replace(seen, replicas=tuple(each for each in seen.replicas if each.index < self.known))


class ForgetsItOverAPause(Liar):
    @override
    async def resume(self, handle: Handle) -> None:
        await super().resume(handle)
        self.cluster.runs[handle].scale({"worker": 1})


class TakesWhatHasNoRoom(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        with suppress(FullError):
            await super().scale(workload)


class ScalesBatches(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        run = self.cluster.runs.get(workload.name)
        if run is not None:
            run.workload = replace(run.workload, kind=WorkloadKind.SERVICE)
        await super().scale(workload)


class TakesNoOffence(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        with suppress(InvalidError):
            await super().scale(workload)


class SaysYesToTheDead(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        with suppress(ConflictError):
            await super().scale(workload)


class MissesNobody(Liar):
    @override
    async def scale(self, workload: Workload) -> None:
        with suppress(NotFoundError):
            await super().scale(workload)


LIARS: dict[str, type[Liar]] = {
    "test_a_service_grows": BeginsAnew,
    "test_a_service_shrinks_from_its_end": TakesTheFirst,
    "test_who_has_to_go_may_say_goodbye": ForgetsTheGone,
    "test_who_joins_knows_everybody": TellsWhatWasTrueBefore,
    "test_who_had_to_go_can_come_back": LetsNobodyComeBack,
    "test_scaling_twice_is_scaling_once": AddsEachTime,
    "test_of_two_servers_the_last_word_counts": KeepsTheSizeToItself,
    "test_a_pause_keeps_the_size": ForgetsItOverAPause,
    "test_growth_without_room_is_refused": TakesWhatHasNoRoom,
    "test_a_batch_keeps_its_size": ScalesBatches,
    "test_what_is_no_size_is_refused": TakesNoOffence,
    "test_what_has_ended_keeps_its_size": SaysYesToTheDead,
    "test_nobody_is_not_scaled": MissesNobody,
}
