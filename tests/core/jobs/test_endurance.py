"""What cannot be read is asked for less and less often, and given up with a word after a while."""

from __future__ import annotations

import asyncio

import pytest

from submarine.core.jobs import collector, endurance
from submarine.core.jobs.endurance import Endurance
from submarine.core.workloads.workload import Handle
from tests.core.jobs.site import PATIENCE, Site

NODE = Handle("sub-a-1")


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1000.0
        monkeypatch.setattr(endurance, "_now", lambda: self.at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_the_pauses_grow_to_a_limit(clock: Clock) -> None:
    found, pauses = Endurance(), []
    for _ in range(9):
        assert found.due(NODE)
        found.failed(NODE, answered=True)
        before = clock.at
        while not found.due(NODE):
            clock.at += 1
        pauses.append(clock.at - before)
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_time_runs_only_while_the_cluster_answers(clock: Clock) -> None:
    found = Endurance()
    found.failed(NODE, answered=True)
    clock.at += endurance.ENOUGH_S - 1
    assert not found.spent(NODE)
    found.failed(NODE, answered=False)
    clock.at += endurance.ENOUGH_S
    found.failed(NODE, answered=True)
    assert not found.spent(NODE)
    clock.at += endurance.ENOUGH_S
    assert found.spent(NODE)


def test_what_is_done_is_forgotten(clock: Clock) -> None:
    found = Endurance()
    found.failed(NODE, answered=True)
    found.keep([])
    assert (found.due(NODE), len(found)) == (True, 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "INTERVAL_S", 0.02)
    monkeypatch.setattr(endurance, "FIRST_S", 0.02)
    monkeypatch.setattr(endurance, "LONGEST_S", 0.02)
    monkeypatch.setattr(endurance, "ENOUGH_S", 0.3)


@pytest.mark.usefixtures("hurried")
async def test_output_of_a_node_that_never_gives_it_is_given_up_with_a_word(site: Site) -> None:
    """Its timeline says so, and the log itself, behind what could be read."""
    site.runtime.mute = True
    job = await site.submit()
    running = await site.in_state(job, "running")
    _end(site, running.handle, b"hello, world")
    await site.in_state(job, "succeeded")
    assert await site.jobs.collected(job, PATIENCE)
    said = "output of worker-0 could not be read: its node is away"
    (remark,) = [each for each in await site.remarks(job) if each["reason"] == collector.LOST_OUTPUT]
    assert (remark["message"], remark["replica"], remark["warning"]) == (said, "worker-0", True)
    found = await site.jobs.get(job)
    log = [chunk async for chunk in site.logs.read(found, attempt=None, role="worker", index=0)]
    assert b"".join(log).decode() == f"hello\nsubmarine: {said}\n"


@pytest.mark.usefixtures("hurried")
async def test_a_node_that_comes_back_in_time_loses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endurance, "ENOUGH_S", 3600.0)
    site.runtime.mute = True
    job = await site.submit()
    running = await site.in_state(job, "running")
    _end(site, running.handle, b"hello, world")
    await site.in_state(job, "succeeded")
    assert not await site.jobs.collected(job, 0.2)
    site.runtime.mute = False
    assert await site.jobs.collected(job, PATIENCE)
    found = await site.jobs.get(job)
    log = [chunk async for chunk in site.logs.read(found, attempt=None, role="worker", index=0)]
    assert b"".join(log) == b"hello, world"
    assert collector.LOST_OUTPUT not in {each["reason"] for each in await site.remarks(job)}


@pytest.mark.usefixtures("hurried")
async def test_others_do_not_wait_for_those_that_cannot_be_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endurance, "FIRST_S", 3600.0)
    monkeypatch.setattr(collector, "BATCH", 1)
    site.runtime.mute = True
    first = await site.submit()
    running = await site.in_state(first, "running")
    _end(site, running.handle, b"hello")
    await site.in_state(first, "succeeded")
    keeper = site.jobs.keepers["one"]
    async with asyncio.timeout(PATIENCE):
        while not len(keeper.collector._endurance):
            await asyncio.sleep(0.01)
    site.runtime.mute = False
    second = await site.submit()
    running = await site.in_state(second, "running")
    _end(site, running.handle, b"")
    await site.in_state(second, "succeeded")
    assert await site.jobs.collected(second, PATIENCE)
    assert not await site.jobs.collected(first, 0.05)


def _end(site: Site, handle: Handle, said: bytes) -> None:
    """Let the worker write *said*, and end."""
    (process,) = site.runtime.cluster.runs[handle].processes.values()
    process.write(said)
    process.finish(0)
