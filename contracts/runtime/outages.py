"""Promises for the time when the backend cannot be reached: no verdict on any job."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from submarine.contracts.runtime.kit import RuntimeKit
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Addressable, Readable, Spooling, Suspendable
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
        runtime = stage.runtime
        async with outage:
            for call in (
                runtime.submit(another),
                runtime.submit(workload),
                runtime.observe([workload.name]),
                runtime.observe(),
                anext(runtime.watch()),
                runtime.cancel(workload.name, 1.0),
                runtime.remove(workload.name),
                runtime.capacity(),
                *self._besides(runtime, workload.name),
            ):
                with pytest.raises(UnavailableError):
                    await call
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

    @staticmethod
    def _besides(runtime: object, handle: Any) -> list[Any]:
        calls: list[Any] = []
        if isinstance(runtime, Readable):
            calls.append(anext(runtime.logs(handle, "worker", 0)))
        if isinstance(runtime, Spooling):
            calls.append(anext(runtime.spool(handle)))
        if isinstance(runtime, Addressable):
            calls.append(runtime.endpoint(handle, "worker", "http"))
        if isinstance(runtime, Suspendable):
            calls += [runtime.suspend(handle), runtime.resume(handle)]
        return calls
