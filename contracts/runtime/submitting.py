"""Promises about starting: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Final

import pytest

from submarine.contracts.runtime.kit import Open, RuntimeKit
from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.errors import FullError, InvalidError
from submarine.core.ports.runtime import Explaining, Readable, Selective
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import SuccessPolicy

_FEW_WORDS: Final = 200
"""Characters."""


class Submitting(RuntimeKit):
    """How workloads begin."""

    async def test_submitted_is_seen(self, stage: Stage) -> None:
        """What has just been submitted is there."""
        handle = await stage.submit(stage.programs.runs())
        assert not (await stage.look(handle)).phase.ended

    async def test_a_command_that_exits_with_zero_succeeds(self, stage: Stage) -> None:
        """Exit code 0 is success, whole and for each replica."""
        handle = await stage.submit(stage.role(stage.programs.prints("hello"), replicas=2))
        seen = await stage.ended(handle)
        assert (seen.phase, seen.exit_code) == (Phase.SUCCEEDED, 0)
        assert [(r.phase, r.exit_code) for r in seen.replicas] == [(Phase.SUCCEEDED, 0)] * 2

    async def test_a_command_that_exits_otherwise_fails_with_its_code(self, stage: Stage) -> None:
        """The exit code arrives, and the reason says that it decided."""
        handle = await stage.submit(stage.programs.prints("oh", exit_code=7))
        seen = await stage.ended(handle)
        assert (seen.phase, seen.exit_code, seen.reason) == (Phase.FAILED, 7, "exit-code")
        assert [(r.phase, r.exit_code) for r in seen.replicas] == [(Phase.FAILED, 7)]

    async def test_a_process_knows_who_it_is(self, stage: Stage) -> None:
        """Role, index, the role's variables and the rendezvous are in the environment."""
        ability(stage.runtime, Readable)
        names = ("SUBMARINE_ROLE", "SUBMARINE_INDEX", "SUBMARINE_REPLICA", "OWN", "CONTRACT_SELF")
        env = {"OWN": "two words; $HOME"}
        handle = await stage.submit(
            stage.role(stage.programs.prints_environment(*names), replicas=2, env=env)
        )
        await stage.ended(handle)
        wanted = f"SUBMARINE_ROLE=worker\nSUBMARINE_INDEX=1\nSUBMARINE_REPLICA=worker-1\nOWN={env['OWN']}\n"
        assert await stage.text(handle, index=1) == f"{wanted}CONTRACT_SELF=worker.1\n"

    async def test_peers_learn_the_same_addresses(self, stage: Stage) -> None:
        """Every replica of every role hears of the same distinct addresses."""
        ability(stage.runtime, Readable)
        command = stage.programs.prints_environment("CONTRACT_PEERS")
        roles = stage.role(command, name="ps"), stage.role(command, replicas=2)
        handle = await stage.submit(*roles)
        await stage.ended(handle)
        everybody = (("ps", 0), ("worker", 0), ("worker", 1))
        heard = [await stage.text(handle, role, index) for role, index in everybody]
        assert len(set(heard)) == 1
        addresses = heard[0].strip().removeprefix("CONTRACT_PEERS=").split(",")
        assert len(set(addresses)) == 3
        assert all(address.rpartition(":")[2].isdecimal() for address in addresses)

    async def test_secrets_reach_the_process_and_nobody_else(self, stage: Stage) -> None:
        """A secret is in the environment, and in nothing that can be observed."""
        ability(stage.runtime, Readable)
        secret = "swordfish-7d1"  # noqa: S105 - made up
        handle = await stage.submit(
            stage.programs.prints_environment("CONTRACT_SECRET"), secrets={"CONTRACT_SECRET": secret}
        )
        seen = await stage.ended(handle)
        assert await stage.text(handle) == f"CONTRACT_SECRET={secret}\n"
        assert secret not in repr(seen)

    async def test_submitting_twice_starts_it_once(self, stage: Stage) -> None:
        """One after the other or at the same time: the command runs once."""
        workload = stage.workload(stage.programs.runs("started"))
        await asyncio.gather(*(stage.runtime.submit(workload) for _ in range(3)))
        await stage.runtime.submit(workload)
        await stage.says(workload.name, "started")
        await asyncio.sleep(self.unit)
        assert len(await stage.runtime.observe([workload.name])) == 1
        if isinstance(stage.runtime, Readable):
            assert (await stage.text(workload.name)).count("started") == 1

    async def test_what_has_ended_is_not_started_again(self, stage: Stage) -> None:
        """A late repetition of submit leaves the end as it is."""
        workload = stage.workload(stage.programs.prints("once"))
        await stage.runtime.submit(workload)
        before = await stage.ended(workload.name)
        await stage.runtime.submit(workload)
        await asyncio.sleep(self.unit)
        after = await stage.look(workload.name)
        assert (after.phase, after.replicas) == (before.phase, before.replicas)
        if isinstance(stage.runtime, Readable):
            assert await stage.text(workload.name) == "once\n"

    @pytest.mark.parametrize("moment", [0.0, 0.01, 0.1])
    async def test_a_submit_whose_answer_is_lost_is_adopted(self, stage: Stage, moment: float) -> None:
        """A caller that gave up waiting submits again: it runs, once."""
        workload = stage.workload(stage.programs.runs("started"))
        with suppress(TimeoutError):
            async with asyncio.timeout(moment):
                await stage.runtime.submit(workload)
        await stage.runtime.submit(workload)
        await stage.says(workload.name, "started")
        await stage.phase(workload.name, Phase.RUNNING)
        if isinstance(stage.runtime, Readable):
            assert (await stage.text(workload.name)).count("started") == 1

    async def test_a_restarted_server_finds_what_runs(self, stage: Stage, reopened: Open) -> None:
        """Another runtime object sees it, adopts it, reads it and ends it."""
        workload = stage.workload(stage.programs.runs("started"))
        await stage.runtime.submit(workload)
        await stage.says(workload.name, "started")
        async with reopened() as another:
            assert workload.name in {o.handle for o in await another.observe()}
            await another.submit(workload)
            if isinstance(another, Readable):
                read = [chunk async for chunk in another.logs(workload.name, "worker", 0)]
                assert b"".join(read).count(b"started") == 1
            await another.cancel(workload.name, 5.0)
        assert (await stage.ended(workload.name)).phase is Phase.CANCELLED

    async def test_what_can_never_run_is_refused_and_leaves_nothing(self, stage: Stage) -> None:
        """A refusal comes beforehand and from submit alike."""
        selective = ability(stage.runtime, Selective)
        huge = Resources(cpu=10**12)
        workload = stage.workload(stage.role(stage.programs.runs(), resources=huge))
        if selective.refusal(workload) is None:
            pytest.skip("this runtime refuses no size")
        with pytest.raises(InvalidError):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT

    async def test_what_is_not_refused_runs(self, stage: Stage) -> None:
        """A refusal is a few words, given at once, and only where it is true."""
        selective = ability(stage.runtime, Selective)
        workload = stage.workload(stage.programs.prints("fine"))
        assert selective.refusal(workload) is None
        await stage.runtime.submit(workload)
        assert (await stage.ended(workload.name)).phase is Phase.SUCCEEDED

    async def test_the_form_it_takes_is_told_beforehand(
        self, stage: Stage, request: pytest.FixtureRequest
    ) -> None:
        """In a few words on one line, which tell no secret, and the same when it runs."""
        explaining = stage.runtime
        if not isinstance(explaining, Explaining):
            self.lack(request, "this runtime knows one form only")
        workload = stage.workload(stage.programs.prints("fine"), secrets={"TOKEN": "swordfish"})
        told = explaining.form(workload)
        assert told is None or (0 < len(told.strip()) <= _FEW_WORDS and "\n" not in told)
        assert "swordfish" not in str(told)
        await stage.runtime.submit(workload)
        assert (await stage.ended(workload.name)).phase is Phase.SUCCEEDED
        assert explaining.form(workload) == told

    async def test_a_full_cluster_says_so_and_leaves_nothing(
        self, stage: Stage, request: pytest.FixtureRequest
    ) -> None:
        """What does not fit now is turned away in words, and fits when there is room again."""
        capacity = await stage.runtime.capacity()
        if capacity.queues:
            self.lack(request, "this runtime queues by itself")
        hog = await stage.submit(stage.role(stage.programs.runs(), resources=_all(capacity.free)))
        late = stage.workload(stage.programs.prints("late"))
        with pytest.raises(FullError, match=r"."):
            await stage.runtime.submit(late)
        assert (await stage.look(late.name)).phase is Phase.ABSENT
        await stage.runtime.remove(hog)
        await stage.runtime.submit(late)
        assert (await stage.ended(late.name)).phase is Phase.SUCCEEDED

    async def test_a_full_cluster_still_adopts(self, stage: Stage) -> None:
        """What has its room already is not turned away when it is submitted again."""
        capacity = await stage.runtime.capacity()
        hog = stage.workload(stage.role(stage.programs.runs(), resources=_all(capacity.free)))
        await stage.runtime.submit(hog)
        await stage.runtime.submit(hog)

    async def test_room_is_taken_and_given_back(self, stage: Stage, request: pytest.FixtureRequest) -> None:
        """What is free falls by what runs, and rises when it has ended."""
        before = await stage.runtime.capacity()
        if before.queues:
            self.lack(request, "this runtime queues by itself")
        handle = await stage.submit(stage.role(stage.programs.runs(), resources=Resources(cpu=100)))
        during = await stage.runtime.capacity()
        await stage.runtime.cancel(handle, 0.0)
        await stage.ended(handle)
        after = await stage.runtime.capacity()
        assert before.total == during.total == after.total
        assert (during.free.cpu, after.free.cpu) == (before.free.cpu - 100, before.free.cpu)

    async def test_all_must_succeed_and_one_failure_stops_the_others(self, stage: Stage) -> None:
        """Policy ``all``: the failure is the verdict, and nobody trains on alone."""
        handle = await stage.submit(
            stage.role(stage.programs.runs()), stage.role(stage.programs.waits(0.1, 3), name="weak")
        )
        seen = await stage.ended(handle)
        assert (seen.phase, seen.exit_code, seen.reason) == (Phase.FAILED, 3, "exit-code")
        assert all(r.phase.ended for r in seen.replicas)

    async def test_the_chief_decides(self, stage: Stage) -> None:
        """Policy ``chief``: when replica 0 of the first role ends, that is the end and the verdict."""
        failing = stage.role(stage.programs.prints("no", exit_code=4), name="helper")
        chief, ps = stage.role(stage.programs.waits(self.unit)), stage.role(stage.programs.runs(), name="ps")
        seen = await stage.ended(await stage.submit(chief, failing, ps, success=SuccessPolicy.CHIEF))
        assert (seen.phase, seen.exit_code) == (Phase.SUCCEEDED, 0)

    async def test_any_success_is_enough(self, stage: Stage) -> None:
        """Policy ``any``: the first success ends the others; failures before it do not count."""
        failing = stage.role(stage.programs.prints("no", exit_code=4))
        lucky = stage.role(stage.programs.waits(self.unit), name="lucky")
        slow = stage.role(stage.programs.runs(), name="slow")
        seen = await stage.ended(await stage.submit(failing, lucky, slow, success=SuccessPolicy.ANY))
        assert (seen.phase, seen.exit_code) == (Phase.SUCCEEDED, 0)

    async def test_max_duration_ends_it(self, stage: Stage) -> None:
        """What runs longer than it may has failed, and the reason says why."""
        handle = await stage.submit(stage.programs.runs(), max_duration=self.unit)
        seen = await stage.ended(handle)
        assert (seen.phase, seen.reason) == (Phase.FAILED, "deadline-exceeded")


def _all(free: Resources) -> Resources:
    """Return *free* as one process may ask for it."""
    return replace(free, extra={})
