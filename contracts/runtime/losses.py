"""Promises for answers that are lost after the effect, and for requests that arrive twice."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, suppress

import pytest

from submarine.contracts.faults import FaultyLink, LostAnswer, Twice
from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Readable, Scalable
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Handle, WorkloadKind


class Losses(RuntimeKit):
    """What was done and not told of, or told twice, is done once."""

    async def test_a_submit_whose_answer_is_cut_off_is_adopted(self, stage: Stage, link: FaultyLink) -> None:
        """The caller hears that nobody answered, and submits again: it runs once, whichever was lost."""
        for spared in range(3):
            workload = stage.workload(stage.programs.runs("started"))
            with link.suffering(LostAnswer(spared)), _unanswered(spared):
                await stage.runtime.submit(workload)
            await stage.runtime.submit(workload)
            await self._runs_once(stage, workload.name)

    async def test_a_cancel_whose_answer_is_cut_off_can_be_repeated(
        self, stage: Stage, link: FaultyLink
    ) -> None:
        """The first may have been heard; with the second it is cancelled, and not failed."""
        for spared in range(2):
            handle = await stage.submit(stage.programs.runs("up"))
            await stage.says(handle, "up")
            with link.suffering(LostAnswer(spared)), _unanswered(spared):
                await stage.runtime.cancel(handle, 5.0)
            await stage.runtime.cancel(handle, 5.0)
            assert (await stage.ended(handle)).phase is Phase.CANCELLED

    async def test_a_remove_whose_answer_is_cut_off_can_be_repeated(
        self, stage: Stage, link: FaultyLink
    ) -> None:
        """When a second one returns all is gone, whatever became of the first."""
        for spared in range(2):
            handle = await stage.submit(stage.programs.runs("up"))
            await stage.says(handle, "up")
            with link.suffering(LostAnswer(spared)), _unanswered(spared):
                await stage.runtime.remove(handle)
            await stage.runtime.remove(handle)
            assert (await stage.look(handle)).phase is Phase.ABSENT
            there = {o.handle for o in await stage.runtime.observe() if o.phase is not Phase.ABSENT}
            assert handle not in there

    async def test_a_submit_that_is_delivered_twice_starts_once(self, stage: Stage, link: FaultyLink) -> None:
        """A network may repeat what it was given, and the caller knows nothing of it."""
        workload = stage.workload(stage.programs.runs("started"))
        with link.suffering(Twice()):
            await stage.runtime.submit(workload)
        await self._runs_once(stage, workload.name)

    async def test_a_new_size_whose_answer_is_cut_off_can_be_repeated(
        self, stage: Stage, link: FaultyLink, request: pytest.FixtureRequest
    ) -> None:
        """The first may have been heard or not; with the second the service has that size, and no other."""
        if not isinstance(stage.runtime, Scalable):
            self.lack(request, "this runtime scales nothing")
        workload = stage.workload(stage.programs.runs("up"), kind=WorkloadKind.SERVICE)
        await stage.runtime.submit(workload)
        await stage.says(workload.name, "up")
        for spared, replicas in enumerate((2, 3, 1)):
            larger = stage.sized(workload, replicas)
            with link.suffering(LostAnswer(spared)), _unanswered(spared):
                await stage.runtime.scale(larger)
            await stage.runtime.scale(larger)
            await stage.has(workload.name, worker=replicas)
        assert (await stage.text(workload.name)).count("up") == 1

    async def test_an_end_that_is_delivered_twice_is_one_end(self, stage: Stage, link: FaultyLink) -> None:
        """Cancelling and removing are no errors because they were heard before."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        with link.suffering(Twice()):
            await stage.runtime.cancel(handle, 5.0)
            assert (await stage.ended(handle)).phase is Phase.CANCELLED
            await stage.runtime.remove(handle)
        assert (await stage.look(handle)).phase is Phase.ABSENT

    async def _runs_once(self, stage: Stage, handle: Handle) -> None:
        await stage.says(handle, "started")
        await stage.phase(handle, Phase.RUNNING)
        await asyncio.sleep(self.unit)
        assert [o.handle for o in await stage.runtime.observe()].count(handle) == 1
        if isinstance(stage.runtime, Readable):
            assert (await stage.text(handle)).count("started") == 1


def _unanswered(spared: int) -> AbstractContextManager[object]:
    """Expect that nobody answered; who asks no more than *spared* questions has lost none."""
    return suppress(UnavailableError) if spared else pytest.raises(UnavailableError)
