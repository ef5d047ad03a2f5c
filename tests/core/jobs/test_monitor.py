"""What is seen of a workload is judged in the order in which it happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from submarine.core.jobs.monitor import Monitor
from submarine.core.jobs.reconciler import Reconciler
from submarine.core.workloads.observation import Observation, Phase
from tests.core.jobs.site import FaultyRuntime, Site, build, shared


class SlowToRead:
    """Records that are read when they are let."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        self.asked.set()
        await self.let.wait()
        async with self._records.read() as tx:
            yield tx


async def test_what_was_seen_before_a_submission_was_answered_does_not_undo_what_was_seen_since(
    site: Site,
) -> None:
    site.runtime.hang = asyncio.Event()
    job = await site.in_state(await site.submit(), "placing")
    records = SlowToRead(site.records)
    lease = site.jobs.keepers["one"].lease
    monitor = Monitor("one", records, site.fleet, site.jobs.journal, lease)  # type: ignore[arg-type]
    records.let.set()
    await monitor.record([Observation(handle=job.handle, phase=Phase.PENDING, at=1, reason="preparing")])
    records.let.clear()
    records.asked.clear()
    monitor.see([Observation(handle=job.handle, phase=Phase.RUNNING, at=2)])
    recording = asyncio.create_task(monitor.record([monitor._latest.pop(job.handle)]))
    await records.asked.wait()
    site.runtime.hang.set()
    await site.in_state(job.id, "running")
    monitor.submitted(job.handle)
    records.let.set()
    await recording
    assert not monitor._latest


async def test_an_answer_that_was_asked_for_before_is_no_newer_than_what_was_heard(site: Site) -> None:
    monitor = site.jobs.keepers["one"].monitor
    job = await site.submit()
    handle = (await site.in_state(job, "running")).handle
    with monitor.hearing() as heard:
        assert not heard
        await site.runtime.cancel(handle, 0)
        await site.until(job, lambda seen: seen.state.terminal)
        assert set(heard) == {handle}
    with monitor.hearing() as later:
        assert not later


async def test_what_the_watch_begins_with_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asleep(_: Reconciler) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Reconciler, "run", asleep)
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        first, second = (build(records, store, {"one": runtime}, owner=f"server-{n}") for n in (1, 2))
        first.start()
        job = await first.in_state(await first.submit(), "running")
        await first.kill()
        runtime.end(job.handle, 0)
        second.start()
        await second.in_state(job.id, "succeeded")
        await second.kill()
