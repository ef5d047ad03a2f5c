"""Why a job waits is told of the clusters of all servers, whichever looked last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from submarine.core.access.principal import Principal
from submarine.core.jobs.job import Job
from submarine.core.jobs.placement import PlacementSpec
from tests.core.jobs.site import PATIENCE, FaultyRuntime, Site, build, shared

ANYBODY = Principal(name="ada")
PICKY = PlacementSpec(labels={"zone": "south"})
REFUSED = {name: f"label zone is {name!r}, the spec asks for 'south'" for name in ("one", "two")}


@pytest.fixture
async def apart() -> AsyncIterator[tuple[Site, Site]]:
    """Two servers, each with a cluster that only it reaches."""
    async with shared() as (records, store):
        sites = tuple(build(records, store, {name: FaultyRuntime()}, owner=name) for name in ("one", "two"))
        for site in sites:
            site.start()
        async with asyncio.timeout(PATIENCE):
            for site in sites:
                while len(await site.clusters.list(ANYBODY)) < len(sites):
                    await asyncio.sleep(0.01)
        yield sites[0], sites[1]
        for site in sites:
            await site.kill()


def reasons(job: Job) -> Mapping[str, str]:
    return {c.cluster: c.reason for c in job.placement.candidates} if job.placement else {}


async def test_a_job_that_waits_is_told_what_each_server_says_of_its_cluster(
    apart: tuple[Site, Site],
) -> None:
    first, _ = apart
    job = await first.submit(placement=PICKY)
    told = await first.until(job, lambda found: reasons(found) == REFUSED)
    assert told.message == "; ".join(f"{name}: {reason}" for name, reason in REFUSED.items())
    await asyncio.sleep(1.0)  # ten looks at the queue by each: none has anything new to say
    assert (await first.jobs.get(job)).version == told.version


async def test_of_a_cluster_whose_server_is_down_it_is_told_which_that_is(
    apart: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = apart
    job = await first.submit(placement=PICKY)
    await first.until(job, lambda found: reasons(found) == REFUSED)
    await second.kill()
    monkeypatch.setattr("submarine.core.servers.server.SILENCE_MS", 0)
    found = await first.until(job, lambda found: reasons(found)["two"] != REFUSED["two"])
    assert reasons(found)["one"] == REFUSED["one"]
    assert "only reached by server two, which is down" in reasons(found)["two"]


async def test_of_a_job_that_is_placed_it_is_told_who_else_could_have_taken_it(
    apart: tuple[Site, Site],
) -> None:
    first, second = apart
    await second.kill()
    found = await first.in_state(await first.submit(), "running")
    assert reasons(found)["two"] == "only reached by server two, which decides for it"
    named = await first.submit(placement=PlacementSpec(cluster="one"))
    assert reasons(await first.in_state(named, "running"))["two"] == "the spec names cluster one"
