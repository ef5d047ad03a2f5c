"""A cluster's name stands for one cluster, whichever server says it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from submarine.adapters.memory.runtime import MemoryRuntime
from submarine.core.access.principal import Principal, Scope
from submarine.core.clusters.cluster import Health
from submarine.core.errors import ConflictError, ElsewhereError, ForbiddenError
from tests.core.jobs.site import FaultyRuntime, Site, build, shared

ADMIN = Principal(name="ada", admin=True, scope=Scope.ADMIN)


@pytest.fixture
async def two() -> AsyncIterator[tuple[Site, Site]]:
    """Two servers that each call a cluster of their own "one"; the first was there first."""
    async with shared() as (records, store):
        first, second = (build(records, store, {"one": FaultyRuntime()}, owner=f"s-{n}") for n in (1, 2))
        await first.fleet.probe("one")
        first.start()
        second.start()
        yield first, second
        for site in (first, second):
            await site.kill()


async def test_whoever_comes_second_with_another_cluster_is_refused(two: tuple[Site, Site]) -> None:
    first, second = two
    await second.fleet.probe("one")
    assert first.fleet.status("one").health is Health.OK
    status = second.fleet.status("one")
    assert status.health is Health.MISCONFIGURED
    assert "stands for another cluster" in status.reason
    assert "submarine cluster adopt one" in status.reason
    with pytest.raises(ElsewhereError):
        second.fleet.runtime("one")


async def test_the_refused_never_touches_the_others_jobs(two: tuple[Site, Site]) -> None:
    first, second = two
    job = await second.submit()  # accepted by one, run by the other
    running = await first.in_state(job, "running")
    await first.kill()  # and now only the refused is there
    for _ in range(20):
        await second.fleet.probe("one")
    assert (await second.jobs.get(job)).state == "running"
    assert second.runtime.submits == []
    again = build(first.records, first.store, first.runtimes, owner="s-1")
    again.start()
    first.runtime.end(running.handle, 0)
    await again.in_state(job, "succeeded")
    await again.kill()


async def test_a_name_is_moved_by_an_administrator_alone(two: tuple[Site, Site]) -> None:
    _, second = two
    with pytest.raises(ForbiddenError):
        await second.clusters.adopt(Principal(name="bob", scope=Scope.ADMIN), "one")


async def test_a_name_does_not_move_while_jobs_are_there(two: tuple[Site, Site]) -> None:
    first, second = two
    running = await first.in_state(await first.submit(), "running")
    with pytest.raises(ConflictError, match="jobs are on the cluster"):
        await second.clusters.adopt(ADMIN, "one")
    first.runtime.end(running.handle, 0)
    await first.in_state(running.id, "succeeded")
    assert await first.jobs.collected(running.id, 20)
    assert (await second.clusters.adopt(ADMIN, "one")).status.health is Health.OK


async def test_the_server_whose_name_was_moved_stops_using_it(two: tuple[Site, Site]) -> None:
    first, second = two
    job = await first.submit()
    running = await first.in_state(job, "running")
    await second.clusters.adopt(ADMIN, "one", force=True)
    await first.fleet.probe("one")
    assert first.fleet.status("one").health is Health.MISCONFIGURED
    lost = await second.in_state(job, "lost")  # as one who forces it is told
    assert lost.reason == "vanished"
    assert running.handle in first.runtime.cluster.runs  # nobody touched it


async def test_adopting_twice_is_adopting_once(two: tuple[Site, Site]) -> None:
    _, second = two
    for _ in range(2):
        assert (await second.clusters.adopt(ADMIN, "one")).status.health is Health.OK


async def test_a_cluster_that_comes_back_as_another_is_refused(two: tuple[Site, Site]) -> None:
    first, _ = two
    first.runtime.away = True
    first.runtime.cluster = MemoryRuntime().cluster
    await first.fleet.probe("one")
    first.runtime.away = False
    await first.fleet.probe("one")
    assert first.fleet.status("one").health is Health.MISCONFIGURED


async def test_of_two_names_of_one_cluster_the_later_is_refused() -> None:
    """Each would take the jobs of the other for orphans, and end them."""
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        site = build(records, store, {"one": runtime, "same": runtime})
        for _ in range(2):
            await site.fleet.probe("one")
            await site.fleet.probe("same")
        assert site.fleet.status("one").health is Health.OK
        status = site.fleet.status("same")
        assert status.health is Health.MISCONFIGURED
        assert "the same cluster as one" in status.reason


@pytest.fixture
async def renamed() -> AsyncIterator[tuple[Site, Site]]:
    """Two servers that reach one cluster, each by a name of its own; the first uses it already."""
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        first, second = (
            build(records, store, {name: runtime}, owner=f"s-{name}") for name in ("one", "other")
        )
        await first.fleet.probe("one")
        yield first, second
        await first.kill()
        await second.kill()


async def test_another_servers_name_of_a_cluster_is_refused_and_the_server_named(
    renamed: tuple[Site, Site],
) -> None:
    first, second = renamed
    await first.presence.report()
    for _ in range(2):
        await second.fleet.probe("other")
        await first.fleet.probe("one")
    status = second.fleet.status("other")
    assert status.health is Health.MISCONFIGURED
    assert "the same cluster as one, as which it is used by server s-one" in status.reason
    assert "call it one in these settings too" in status.reason
    with pytest.raises(ElsewhereError):
        second.fleet.runtime("other")
    assert first.fleet.status("one").health is Health.OK
    with pytest.raises(ConflictError, match="the same cluster as one"):
        await second.clusters.adopt(ADMIN, "other")


async def test_of_two_servers_that_name_one_cluster_at_once_one_is_refused() -> None:
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        fleets = {name: build(records, store, {name: runtime}, owner=f"s-{name}").fleet for name in "abc"}
        for _ in range(3):
            await asyncio.gather(*(fleet.probe(name) for name, fleet in fleets.items()))
        found = [fleet.status(name).health for name, fleet in fleets.items()]
        assert sorted(found) == [Health.MISCONFIGURED, Health.MISCONFIGURED, Health.OK]


async def test_a_cluster_is_renamed_once_nobody_uses_its_name_and_nothing_is_there(
    renamed: tuple[Site, Site],
) -> None:
    first, second = renamed
    first.start()
    running = await first.in_state(await first.submit(), "running")
    await first.kill()  # and its settings are changed: it never says again that it reaches "one"
    async with first.records.begin() as tx:
        await tx.servers.forget(-1)
    await second.fleet.probe("other")
    status = second.fleet.status("other")
    assert status.health is Health.MISCONFIGURED
    assert "jobs are on the cluster that one stands for" in status.reason
    again = build(first.records, first.store, first.runtimes, owner="s-one")
    again.start()
    again.runtime.end(running.handle, 0)
    await again.in_state(running.id, "succeeded")
    assert await again.jobs.collected(running.id, 20)
    await again.kill()
    async with first.records.begin() as tx:
        await tx.servers.forget(-1)
    await second.fleet.probe("other")
    assert second.fleet.status("other").health is Health.OK
    await first.fleet.probe("one")  # who still uses the old name is told
    assert "the same cluster as other" in first.fleet.status("one").reason


async def test_a_name_that_is_forced_takes_the_place_of_the_other(renamed: tuple[Site, Site]) -> None:
    first, second = renamed
    await second.fleet.probe("other")
    await second.clusters.adopt(ADMIN, "other", force=True)
    await first.fleet.probe("one")
    assert second.fleet.status("other").health is Health.OK
    assert first.fleet.status("one").health is Health.MISCONFIGURED
