"""Promises for the time when the backend cannot be reached: no verdict on any job."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from submarine.contracts.runtime.calls import calls
from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import UnavailableError
from submarine.core.workloads.observation import Phase


class Outages(RuntimeKit):
    """What happens when nothing can be known."""

    async def test_while_the_backend_is_away_every_call_says_so(
        self, stage: Stage, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """Never absent, never lost: unavailable."""
        workload = stage.workload(stage.programs.runs("up"))
        await stage.runtime.submit(workload)
        await stage.says(workload.name, "up")
        another = stage.workload(stage.programs.runs())
        async with outage:
            for call in calls(stage.runtime, workload.name, another).values():
                with pytest.raises(UnavailableError):
                    await call
            with pytest.raises(UnavailableError):
                await stage.runtime.submit(workload)
        await stage.phase(workload.name, Phase.RUNNING)

    async def test_after_an_outage_all_is_as_it_was(
        self, stage: Stage, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """What ran runs, and can be ended."""
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        async with outage:
            pass
        await stage.phase(handle, Phase.RUNNING)
        await stage.runtime.cancel(handle, 5.0)
        assert (await stage.ended(handle)).phase is Phase.CANCELLED
