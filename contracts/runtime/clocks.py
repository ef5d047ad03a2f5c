"""Promises for clocks that differ: the server's is an hour off, and no job suffers."""

from __future__ import annotations

from typing import Final

import pytest

from submarine.contracts.faults.clocks import HOUR, clock_off
from submarine.contracts.runtime.kit import Open, RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.clock import now
from submarine.core.workloads.observation import Phase

OFF: Final = pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["behind", "ahead"])


class Clocks(RuntimeKit):
    """Two clocks never decide together about one job."""

    @OFF
    async def test_a_wrong_clock_ends_nothing(self, stage: Stage, reopened: Open, off: int) -> None:
        """What runs goes on when the server's clock is set, and when a server with another clock comes."""
        handle = await stage.submit(stage.programs.runs("up"), max_duration=HOUR / 2)
        await stage.says(handle, "up")
        with clock_off(off):
            await stage.phase(handle, Phase.RUNNING)
            async with reopened() as another:
                (seen,) = await another.observe([handle])
                assert seen.phase is Phase.RUNNING
            await stage.runtime.cancel(handle, 5.0)
            assert (await stage.ended(handle)).phase is Phase.CANCELLED

    @OFF
    async def test_a_deadline_is_judged_by_one_clock(self, stage: Stage, off: int) -> None:
        """``max_duration`` is a length of time: neither over at once nor an hour late."""
        with clock_off(off):
            short = await stage.submit(stage.programs.runs(), max_duration=self.unit)
            long = await stage.submit(stage.programs.waits(self.unit), max_duration=HOUR / 2)
            assert (await stage.ended(short)).reason == "deadline-exceeded"
            assert (await stage.ended(long)).phase is Phase.SUCCEEDED

    @OFF
    async def test_an_observation_is_dated_by_the_clock_of_the_server(self, stage: Stage, off: int) -> None:
        """``at`` is when it was made for those who asked, wherever else clocks stand."""
        handle = await stage.submit(stage.programs.runs())
        with clock_off(off):
            before = now()
            assert before <= (await stage.look(handle)).at <= now()
