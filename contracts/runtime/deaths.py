"""Promises for processes that are killed by somebody else, as when memory runs out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection

import pytest

from submarine.contracts.faults.victims import kill, marked
from submarine.contracts.runtime.kit import RuntimeKit, Victims
from submarine.contracts.runtime.stage import Stage
from submarine.core.workloads.observation import Phase


class Deaths(RuntimeKit):
    """Whoever dies is missed, and leaves nobody behind."""

    async def test_a_killed_replica_does_not_run_for_ever(self, stage: Stage, victims: Victims) -> None:
        """It is lost or has failed, soon and with a reason, and its siblings are stopped."""
        handle = await stage.submit(stage.role(stage.programs.runs("up"), replicas=2))
        for index in range(2):
            await stage.says(handle, "up", index=index)
        found = list(victims(handle))
        assert found, "the fixture 'victims' finds no process of a workload that runs"
        kill(found)
        seen = await stage.ended(handle)
        assert seen.phase in {Phase.LOST, Phase.FAILED}
        assert seen.reason
        assert all(replica.phase.ended for replica in seen.replicas)
        await self._nobody(lambda: victims(handle))

    @pytest.mark.parametrize("place", [0, -1], ids=["outermost", "innermost"])
    async def test_nothing_outlives_what_held_it(self, stage: Stage, victims: Victims, place: int) -> None:
        """One process of it is killed: the others are soon gone too, and it has not succeeded."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        kill([list(victims(handle))[place]])
        assert (await stage.ended(handle)).phase in {Phase.LOST, Phase.FAILED}
        await self._nobody(lambda: victims(handle))

    @pytest.mark.usefixtures("victims")
    @pytest.mark.parametrize("stays", [True, False], ids=["cancelled", "ended"])
    async def test_what_hides_does_not_outlive_it(self, stage: Stage, stays: bool) -> None:
        """Who leaves its session and clears its environment is gone, too, when the workload is over."""
        word = uuid.uuid4().hex
        handle = await stage.submit(stage.programs.hides("up", word, stays=stays))
        await stage.says(handle, "up")
        if stays:
            assert len(marked(word)) > 1, "the program 'hides' has left no process behind"
            await stage.runtime.cancel(handle, self.unit)
        assert (await stage.ended(handle)).phase is (Phase.CANCELLED if stays else Phase.SUCCEEDED)
        await self._nobody(lambda: marked(word))

    async def _nobody(self, living: Callable[[], Collection[int]]) -> None:
        try:
            async with asyncio.timeout(self.patience):
                while living():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"processes of it live on: {list(living())}")
