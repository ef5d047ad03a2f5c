"""What a cluster says of a job is in its timeline: once, in order, and not without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from submarine.core.jobs.told import KEPT, MORE, Told
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle, handle_of
from tests.core.jobs.site import PATIENCE, FaultyRuntime, Site, build, shared


async def until(site: Site, job: str, holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Return the remarks as soon as *holds*."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not holds(found := await site.remarks(job)):
                await asyncio.sleep(0.02)
            return found
    except TimeoutError:
        raise AssertionError(f"still {await site.remarks(job)}") from None


def reasons(found: list[dict[str, Any]]) -> list[str]:
    return [remark["reason"] for remark in found]


async def test_the_words_of_the_cluster_are_on_the_timeline(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.cluster.say(running.handle, "BackOff", "no such image", warning=True, replica="worker-0")
    *_, last = await until(site, job, lambda found: "BackOff" in reasons(found))
    assert last == {
        "reason": "BackOff",
        "message": "no such image",
        "attempt": 1,
        "cluster": "one",
        "subject": running.handle,
        "replica": "worker-0",
        "warning": True,
        "count": 1,
    }


async def test_what_was_told_is_not_told_again_after_a_restart() -> None:
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        first = build(records, store, {"one": runtime})
        first.start()
        job = await first.submit()
        running = await first.in_state(job, "running")
        runtime.cluster.say(running.handle, "Pulled", "here it is")
        before = await until(first, job, lambda found: "Pulled" in reasons(found))
        await first.kill()
        second = build(records, store, {"one": runtime}, "server-2")
        second.start()
        runtime.cluster.say(running.handle, "Killing", "that is that")
        after = await until(second, job, lambda found: "Killing" in reasons(found))
        assert reasons(after) == [*reasons(before), "Killing"]
        await second.kill()


async def test_a_cluster_that_was_away_and_repeats_itself_doubles_nothing(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.cluster.say(running.handle, "Pulled", "here it is")
    await until(site, job, lambda found: "Pulled" in reasons(found))
    site.runtime.away = True
    site.runtime.cluster.announce(running.handle)
    await asyncio.sleep(0.2)
    site.runtime.away = False
    site.runtime.cluster.say(running.handle, "Killing", "that is that")
    found = await until(site, job, lambda found: "Killing" in reasons(found))
    assert reasons(found) == ["Started", "Pulled", "Killing"]


async def test_what_nobody_wanted_is_on_no_timeline(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    for stranger in (Handle("sub-nobody-1"), handle_of(job, 7), Handle("another")):
        site.runtime.cluster.say(stranger, "Stray", "who is that?")
    site.runtime.cluster.say(running.handle, "Pulled", "here it is")
    assert reasons(await until(site, job, lambda found: "Pulled" in reasons(found))) == ["Started", "Pulled"]


def remark(message: str, **more: Any) -> Remark:
    return Remark(handle=handle_of("j", 1), subject="Pod p", reason="BackOff", message=message, at=1, **more)


def test_a_remark_that_repeats_itself_is_told_when_it_doubles() -> None:
    told = Told()
    counts = [count for count in range(1, 100) if told.news(remark("again", count=count))]
    assert counts == [1, 2, 4, 8, 16, 32, 64]


def test_usual_remarks_end_with_a_word_and_hide_no_warning() -> None:
    told = Told()
    found = [told.news(remark(f"usual {n}")) for n in range(3 * KEPT)]
    kept = [said for said in found if said is not None]
    assert [said.message for said in kept[:-1]] == [f"usual {n}" for n in range(KEPT)]
    assert kept[-1].reason == MORE
    assert told.news(remark("trouble", warning=True)) == remark("trouble", warning=True)
