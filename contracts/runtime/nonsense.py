"""Promises for a backend that says nothing, little by little, or nonsense: still no verdict on any job."""

from __future__ import annotations

import pytest

from submarine.contracts.faults import Cut, FaultyLink, Garbage, Hanging, Slow
from submarine.contracts.faults.calls import NO_VERDICT, each_raises, measured
from submarine.contracts.faults.kinds import GARBAGE
from submarine.contracts.runtime.calls import calls
from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Readable
from submarine.core.workloads.observation import Phase


class Nonsense(RuntimeKit):
    """A bad answer is no answer."""

    async def test_a_backend_that_hangs_is_unavailable_in_time(self, stage: Stage, link: FaultyLink) -> None:
        """Every call gives up as its documentation says, and the event loop goes on meanwhile."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        another = stage.workload(stage.programs.runs())
        with link.suffering(Hanging()):
            async with measured() as stutter:
                await each_raises(
                    calls(stage.runtime, handle, another), UnavailableError, within=self.gives_up
                )
        assert stutter.longest < self.stutter, "the event loop stood still"
        await stage.phase(handle, Phase.RUNNING)

    async def test_a_slow_backend_is_only_slow(self, stage: Stage, link: FaultyLink) -> None:
        """What takes its time is done all the same."""
        with link.suffering(Slow()):
            handle = await stage.submit(stage.programs.prints("slow but sure"))
            assert (await stage.ended(handle)).phase is Phase.SUCCEEDED
            if isinstance(stage.runtime, Readable):
                assert await stage.text(handle) == "slow but sure\n"

    @pytest.mark.parametrize("kind", GARBAGE)
    async def test_garbage_is_no_verdict(self, stage: Stage, link: FaultyLink, kind: str) -> None:
        """Neither success nor absence nor a bare error of some library, whatever is asked."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        another = stage.workload(stage.programs.runs())
        with link.suffering(Garbage(GARBAGE[kind])):
            await each_raises(calls(stage.runtime, handle, another), *NO_VERDICT, within=self.gives_up)
        await stage.phase(handle, Phase.RUNNING)

    @pytest.mark.parametrize("passed", [1, 10])
    async def test_half_an_answer_is_no_answer(self, stage: Stage, link: FaultyLink, passed: int) -> None:
        """Where it breaks off after some bytes, nothing is made of them."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        with link.suffering(Cut(answers=passed)):
            asked = calls(stage.runtime, handle, stage.workload(stage.programs.runs()))
            await each_raises(asked, *NO_VERDICT, within=self.gives_up)
        await stage.runtime.remove(handle)  # it may have been before, and nobody could tell
        assert (await stage.look(handle)).phase is Phase.ABSENT
