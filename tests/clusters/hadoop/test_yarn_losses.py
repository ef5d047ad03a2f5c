"""Whichever answer of Hadoop is lost while a job is submitted, cancelled or removed: it happens, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from submarine.contracts.faults import FaultyLink, LostAnswer
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import BusyError, UnavailableError
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Workload
from tests.clusters.hadoop.asking import applications
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.forwarding import forwarding
from tests.clusters.hadoop.stages import staged
from tests.clusters.hadoop.test_yarn_reasons import services

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

QUIET: Final = 60.0
"""Seconds between looks, so that those we count are the call's own."""
MANY: Final = 60


@asynccontextmanager
async def linked(hadoop: HadoopCluster) -> AsyncIterator[tuple[Stage, FaultyLink]]:
    with forwarding() as place, FaultyLink(*place) as link:
        async with staged(hadoop, every=QUIET, orders=1.0, proxy=link.url) as stage:
            stage.patience *= 4
            yield stage, link


async def test_whichever_answer_to_a_submit_is_lost_it_starts_once(hadoop: HadoopCluster) -> None:
    async with linked(hadoop) as (stage, link):
        workloads: list[Workload] = []
        for spared in range(MANY):
            workloads.append(stage.workload(stage.programs.prints("started")))
            heard = await _hears(link, spared, stage.runtime.submit(workloads[-1]))
            await stage.runtime.submit(workloads[-1])
            if heard:
                break
        assert 8 < len(workloads) < MANY
        for workload in workloads:
            seen = await stage.ended(workload.name)
            assert (seen.phase, seen.exit_code) == (Phase.SUCCEEDED, 0), seen
            assert await stage.text(workload.name) == "started\n"
            assert len(applications(hadoop, workload.name)) == 1


async def test_whichever_answer_to_a_cancel_or_a_removal_is_lost_it_comes(hadoop: HadoopCluster) -> None:
    async with linked(hadoop) as (stage, link):
        calls = 0
        for spared in range(MANY):
            handle = await stage.submit(stage.programs.runs("up"))
            await stage.says(handle, "up")
            cancelled = await _hears(link, spared, stage.runtime.cancel(handle, 1.0))
            await stage.runtime.cancel(handle, 1.0)
            assert (await stage.ended(handle)).phase is Phase.CANCELLED
            removed = await _hears(link, spared, stage.runtime.remove(handle))
            await stage.runtime.remove(handle)
            assert (await stage.look(handle)).phase is Phase.ABSENT
            assert handle not in services(hadoop)
            calls += 1
            if cancelled and removed:
                break
        assert 3 < calls < MANY


async def _hears(link: FaultyLink, spared: int, call: Awaitable[None]) -> bool:
    """Tell whether *call* heard all answers though the one after so many *spared* ones is lost."""
    with link.suffering(LostAnswer(spared)):
        try:
            await call
        except (BusyError, UnavailableError):
            return False
        return True
