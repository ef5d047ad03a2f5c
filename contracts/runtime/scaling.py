"""Promises of a runtime whose services can be made larger and smaller while they run."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from submarine.contracts.runtime.kit import Open, RuntimeKit
from submarine.contracts.runtime.programs import Command
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import ConflictError, FullError, InvalidError, NotFoundError
from submarine.core.ports.runtime import Readable, Scalable, Suspendable
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Role, Workload, WorkloadKind


class Scaling(RuntimeKit):
    """`Scalable`."""

    async def test_a_service_grows(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """The new ones run behind those that are there, which notice nothing."""
        scalable = self._scalable(stage, request)
        boss = stage.role(stage.programs.runs("up"), name="boss")
        service = await self._service(stage, stage.programs.runs("up"), boss)
        before = await stage.has(service.name, boss=1, worker=1)
        await scalable.scale(stage.sized(service, 3))
        assert len((await stage.look(service.name)).replicas) == 4
        after = await stage.has(service.name, boss=1, worker=3)
        assert after.replicas[:2] == before.replicas
        if isinstance(stage.runtime, Readable):
            await stage.says(service.name, "up", index=2)
            assert await stage.text(service.name, index=0) == "up\n"

    async def test_a_service_shrinks_from_its_end(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """The highest go, in their own time and as no failure; the rest notice nothing."""
        scalable = self._scalable(stage, request)
        service = await self._service(
            stage, stage.programs.ignores_sigterm("up"), replicas=3, grace=self.unit
        )
        before = await stage.has(service.name, worker=3)
        await scalable.scale(stage.sized(service, 1))
        after = await stage.has(service.name, worker=1)
        assert after.replicas == before.replicas[:1]
        await asyncio.sleep(2 * self.unit)
        await stage.has(service.name, worker=1)

    async def test_who_has_to_go_may_say_goodbye(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """SIGTERM comes first, and all that a replica has written can be read, or followed to its end."""
        scalable = self._scalable(stage, request)
        command = stage.programs.says_goodbye("up", "goodbye")
        service = await self._service(stage, command, replicas=2, grace=self.patience)
        await stage.says(service.name, "up", index=1)
        await scalable.scale(stage.sized(service, 1))
        async with asyncio.timeout(self.patience):
            assert await stage.text(service.name, index=1, follow=True) == "up\ngoodbye\n"
        await stage.has(service.name, worker=1)
        assert await stage.text(service.name, index=1) == "up\ngoodbye\n"

    async def test_who_joins_knows_everybody(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """It has its own index, and hears of all that there are then."""
        scalable = self._scalable(stage, request)
        command = stage.programs.shows_environment("SUBMARINE_REPLICA", "CONTRACT_SELF", "CONTRACT_PEERS")
        service = await self._service(stage, command)
        await stage.says(service.name, "CONTRACT_PEERS=")
        await scalable.scale(stage.sized(service, 2))
        await stage.says(service.name, "CONTRACT_PEERS=", index=1)
        told = dict(line.split("=") for line in (await stage.text(service.name, index=1)).splitlines())
        assert (told["SUBMARINE_REPLICA"], told["CONTRACT_SELF"]) == ("worker-1", "worker.1")
        assert len(set(told["CONTRACT_PEERS"].split(","))) == 2

    async def test_who_had_to_go_can_come_back(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """Also while it is still ending; it begins anew under its number."""
        scalable = self._scalable(stage, request)
        command = stage.programs.ignores_sigterm("up")
        service = await self._service(stage, command, replicas=2, grace=2 * self.unit)
        before = await stage.has(service.name, worker=2)
        await scalable.scale(stage.sized(service, 1))
        await scalable.scale(service)
        await stage.has(service.name, worker=2)
        await scalable.scale(stage.sized(service, 1))
        await stage.has(service.name, worker=1)
        await scalable.scale(service)
        after = await stage.has(service.name, worker=2)
        assert after.replicas[0] == before.replicas[0]
        assert (after.replicas[1].started or 0) > (before.replicas[1].started or 0)

    async def test_scaling_twice_is_scaling_once(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """One after the other or at the same time: nobody comes or goes for a repetition."""
        scalable = self._scalable(stage, request)
        service = await self._service(stage, stage.programs.runs("up"))
        larger = stage.sized(service, 2)
        await asyncio.gather(*(scalable.scale(larger) for _ in range(3)))
        before = await stage.has(service.name, worker=2)
        await scalable.scale(larger)
        await asyncio.sleep(2 * self.unit)
        assert (await stage.has(service.name, worker=2)).replicas == before.replicas

    async def test_of_two_servers_the_last_word_counts(
        self, stage: Stage, reopened: Open, request: pytest.FixtureRequest
    ) -> None:
        """Both may speak at once; every server sees one size, also who comes after a restart."""
        scalable = self._scalable(stage, request)
        service = await self._service(stage, stage.programs.runs("up"))
        async with reopened() as another:
            assert isinstance(another, Scalable)
            await asyncio.gather(
                scalable.scale(stage.sized(service, 3)), another.scale(stage.sized(service, 2))
            )
            await another.scale(stage.sized(service, 2))
            await stage.has(service.name, worker=2)
        async with reopened() as later:
            (seen,) = await later.observe([service.name])
            assert [(r.role, r.index) for r in seen.replicas] == [("worker", 0), ("worker", 1)]
            await later.submit(service)  # late, and of the size it had: adopted as it is
            await later.cancel(service.name, 5.0)
        seen = await stage.ended(service.name)
        assert seen.phase is Phase.CANCELLED
        assert [(r.role, r.index) for r in seen.replicas] == [("worker", 0), ("worker", 1)]

    async def test_a_pause_keeps_the_size(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """What was scaled comes back from a pause as large as it was, or was made meanwhile."""
        scalable = self._scalable(stage, request)
        if not isinstance(stage.runtime, Suspendable):
            self.lack(request, "this runtime pauses nothing")
        service = await self._service(stage, stage.programs.runs("up"))
        await scalable.scale(stage.sized(service, 2))
        await stage.has(service.name, worker=2)
        await stage.runtime.suspend(service.name)
        await stage.phase(service.name, Phase.SUSPENDED)
        await stage.runtime.resume(service.name)
        await stage.has(service.name, worker=2)

    async def test_growth_without_room_is_refused(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """By a runtime that holds nothing back by itself; then all is as it was."""
        scalable = self._scalable(stage, request)
        capacity = await stage.runtime.capacity()
        if capacity.queues:
            self.lack(request, "this runtime queues by itself")
        size = replace(capacity.total, cpu=capacity.total.cpu // 2, memory=0, extra={})
        service = await self._service(stage, stage.role(stage.programs.runs("up"), resources=size))
        hog = stage.role(stage.programs.runs("up"), resources=replace(size, cpu=10))
        await stage.submit(hog)
        with pytest.raises(FullError, match=r"."):
            await scalable.scale(stage.sized(service, 2))
        with pytest.raises(InvalidError, match=r"."):
            await scalable.scale(stage.sized(service, 3))
        await stage.has(service.name, worker=1)

    async def test_a_batch_keeps_its_size(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """Who asks for another has made a mistake."""
        scalable = self._scalable(stage, request)
        batch = stage.workload(stage.programs.runs("up"))
        await stage.runtime.submit(batch)
        await stage.says(batch.name, "up")
        with pytest.raises(InvalidError, match=r"."):
            await scalable.scale(stage.sized(batch, 2))
        await stage.has(batch.name, worker=1)

    async def test_what_is_no_size_is_refused(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """A role without replicas, one that is unknown, one that is left out: nothing is done."""
        scalable = self._scalable(stage, request)
        service = await self._service(stage, stage.programs.runs("up"))
        (role,) = service.roles
        boss = replace(role, name="boss")
        others = ((role, boss), (boss,), ())
        wrong = [stage.sized(service, 0), stage.sized(service, -1)]
        for asked in [*wrong, *(replace(service, roles=roles) for roles in others)]:
            with pytest.raises(InvalidError, match=r"."):
                await scalable.scale(asked)
        await stage.has(service.name, worker=1)

    async def test_what_has_ended_keeps_its_size(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """It is a conflict, and nothing of it begins anew."""
        scalable = self._scalable(stage, request)
        service = await self._service(stage, stage.programs.runs("up"))
        await stage.runtime.cancel(service.name, 0.0)
        before = await stage.ended(service.name)
        with pytest.raises(ConflictError, match=r"."):
            await scalable.scale(stage.sized(service, 2))
        assert (await stage.look(service.name)).replicas == before.replicas

    async def test_nobody_is_not_scaled(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """What is absent is not found, and does not come by it."""
        scalable = self._scalable(stage, request)
        nobody = stage.workload(stage.programs.runs("up"), kind=WorkloadKind.SERVICE)
        with pytest.raises(NotFoundError, match=r"."):
            await scalable.scale(nobody)
        assert (await stage.look(nobody.name)).phase is Phase.ABSENT

    def _scalable(self, stage: Stage, request: pytest.FixtureRequest) -> Scalable:
        if not isinstance(stage.runtime, Scalable):
            self.lack(request, "this runtime scales nothing")
        return stage.runtime

    async def _service(
        self,
        stage: Stage,
        command: Command | Role,
        *before: Role,
        replicas: int = 1,
        grace: float = 5.0,
    ) -> Workload:
        """Return a service whose last role, which is to be scaled, runs *command*; it runs."""
        role = command if isinstance(command, Role) else stage.role(command, replicas=replicas)
        service = stage.workload(*before, role, kind=WorkloadKind.SERVICE, grace=grace)
        await stage.runtime.submit(service)
        await stage.has(service.name, **{each.name: each.replicas for each in service.roles})
        return service
