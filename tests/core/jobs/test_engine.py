"""The engine, from accepted to ended, with everything in between going wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Never

import pytest

from submarine.core.errors import NotFoundError, UnavailableError
from submarine.core.jobs import reconciler
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.placement import PlacementSpec
from submarine.core.jobs.retry import RetryPolicy
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, handle_of
from tests.core.jobs.site import FaultyRuntime, Site, build, observed, shared


async def test_a_job_runs_and_ends_and_its_history_tells_every_step(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.end(running.handle, 0)
    ended = await site.in_state(job, "succeeded")
    assert (ended.exit_code, ended.attempt, ended.cluster) == (0, 1, "one")
    history = await site.history(job)
    assert [history[0], history[1], history[-2], history[-1]] == [
        "accepted",
        "placing",
        "running",
        "succeeded",
    ]


async def test_output_outlives_the_cluster_and_the_cluster_is_left_clean(site: Site) -> None:
    job = await site.submit(roles=(RoleSpec(command=("simulate", "print=hello", "spool={}", "exit=0")),))
    ended = await site.in_state(job, "succeeded")
    async with asyncio.timeout(20):
        while not all(attempt.collected for attempt in await site.attempts(job)):
            await asyncio.sleep(0.01)
        while await observed(site.runtime):
            await asyncio.sleep(0.01)
    chunks = [c async for c in site.logs.read(ended, attempt=None, role="worker", index=0)]
    assert b"".join(chunks) == b"hello\n"
    assert site.spool.lines == [b"{}"]


async def test_following_goes_from_the_cluster_to_the_store_without_a_seam(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    got = bytearray()

    async def follow() -> None:
        async for chunk in site.logs.read(running, attempt=None, role="worker", index=0, follow=True):
            got.extend(chunk)

    reader = asyncio.create_task(follow())
    for n in range(50):
        site.runtime.write(running.handle, f"line {n}\n".encode())
        await asyncio.sleep(0)
    site.runtime.end(running.handle, 0)
    await asyncio.wait_for(reader, 20)
    assert bytes(got) == b"".join(f"line {n}\n".encode() for n in range(50))


async def test_a_lost_answer_to_a_submission_ends_in_adoption(site: Site) -> None:
    site.runtime.lose_answers = 3
    job = await site.submit()
    await site.in_state(job, "running")
    assert site.runtime.started == [handle_of(job, 1)]


async def test_a_submission_is_repeated_until_it_is_answered_though_the_work_is_seen_before(
    site: Site,
) -> None:
    site.runtime.lose_answers = 1  # as if a part of it had arrived
    job = await site.submit()
    await site.in_state(job, "running")
    assert site.runtime.submits == [handle_of(job, 1)] * 2
    assert "submitted" in await site.history(job)


async def test_a_cluster_that_is_away_delays_and_never_decides(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.away = True
    await asyncio.sleep(1.0)  # several sweeps and longer than the grace for absence
    assert (await site.jobs.get(job)).state is State.RUNNING
    assert site.fleet.status("one").health == "unreachable"
    site.runtime.away = False
    site.runtime.end(running.handle, 3)
    ended = await site.in_state(job, "failed")
    assert (ended.exit_code, site.runtime.started) == (3, [running.handle])


async def test_a_job_for_a_cluster_that_is_away_waits_and_says_so(site: Site) -> None:
    site.runtime.away = True
    async with asyncio.timeout(20):
        while site.fleet.status("one").health != "unreachable":
            await asyncio.sleep(0.01)
    job = await site.submit()
    waiting = await site.in_state(job, "queued")
    assert waiting.reason == "no-cluster"
    assert "unreachable" in waiting.message
    site.runtime.away = False
    await site.in_state(job, "running")


async def test_what_stands_in_the_way_of_one_job_says_nothing_of_its_cluster(site: Site) -> None:
    site.runtime.taken = 1
    job = await site.submit()
    waiting = await site.until(job, lambda found: found.reason == "not-yet")
    assert (waiting.state, waiting.cluster) == (State.PLACING, "one")
    assert "its name is taken" in waiting.message
    assert site.fleet.status("one").health == "ok"
    await site.in_state(job, "running")
    assert site.runtime.submits == [handle_of(job, 1)] * 2


async def test_a_full_cluster_is_tried_again_with_the_same_attempt(site: Site) -> None:
    site.runtime.full = 2
    job = await site.submit()
    running = await site.in_state(job, "running")
    assert (running.attempt, site.runtime.started) == (1, [handle_of(job, 1)])


async def test_what_does_not_fit_waits_for_room_with_figures(site: Site) -> None:
    total = site.runtime.cluster.total
    big = RoleSpec(command=("simulate",), resources=Resources(cpu=total.cpu, memory=0))
    first = await site.submit(roles=(big,))
    running = await site.in_state(first, "running")
    second = await site.submit(roles=(big,))
    waiting = await site.in_state(second, "queued")
    assert f"asks {total.cpu / 1000:g}, free 0" in waiting.message
    site.runtime.end(running.handle, 0)
    await site.in_state(second, "running")


async def test_what_can_never_fit_says_that(site: Site) -> None:
    huge = RoleSpec(command=("simulate",), replicas=2, resources=site.runtime.cluster.total)
    waiting = await site.in_state(await site.submit(roles=(huge,)), "queued")
    assert "too small" in waiting.message


async def test_a_retry_runs_under_another_name_and_stops_at_the_limit(site: Site) -> None:
    job = await site.submit(retry=RetryPolicy(limit=1, on=("exit:7",)))
    first = await site.in_state(job, "running")
    site.runtime.end(first.handle, 7)
    second = await site.until(job, lambda j: j.attempt == 2 and j.state is State.RUNNING)
    assert second.handle == handle_of(job, 2)
    site.runtime.end(second.handle, 7)
    ended = await site.in_state(job, "failed")
    assert ended.attempt == 2
    assert [a.exit_code for a in await site.attempts(job)] == [7, 7]


async def test_what_vanished_from_the_cluster_is_lost_and_never_comes_back(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.cluster.runs.pop(running.handle)
    lost = await site.in_state(job, "lost")
    assert lost.reason == "vanished"
    await site.runtime.submit(site.jobs.outfitter.outfit(lost, 1))  # a straggler of another server
    assert all(o.phase == "cancelled" for o in (await observed(site.runtime)).values())


async def test_records_that_are_away_are_not_taken_for_a_silent_cluster(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.in_state(await site.submit(), "running")
    asked, silent = 0, list[str]()

    class Away:
        def read(self) -> Never:
            nonlocal asked
            asked += 1
            raise UnavailableError("no space is left on the disk")

        glance = read

    monkeypatch.setattr(site.fleet, "silent", lambda cluster, error: silent.append(f"{cluster}: {error}"))
    monkeypatch.setattr(site.jobs.keepers["one"].reconciler, "_records", Away())
    async with asyncio.timeout(20):
        while asked < 5:
            await asyncio.sleep(0.01)
    assert silent == []


async def test_cancelling_what_runs_ends_it(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    assert (await site.jobs.cancel(job, "cancelled", "by ada")).state is State.CANCELLING
    ended = await site.in_state(job, "cancelled")
    assert (ended.reason, ended.message) == ("cancelled", "by ada")
    seen = await observed(site.runtime, [running.handle])
    assert seen[running.handle].phase.ended


async def test_cancelling_while_the_submission_is_on_its_way_starts_nothing_for_good(site: Site) -> None:
    site.runtime.hang = asyncio.Event()
    job = await site.submit()
    await site.in_state(job, "placing")
    async with asyncio.timeout(20):
        while not site.runtime.submits:
            await asyncio.sleep(0.01)
    await site.jobs.cancel(job, "cancelled")
    await site.in_state(job, "cancelled")
    site.runtime.hang.set()
    await asyncio.sleep(0.3)
    assert not [o for o in (await observed(site.runtime)).values() if not o.phase.ended]
    assert (await site.jobs.get(job)).state is State.CANCELLED


async def test_cancelling_what_waits_ends_it_at_once(site: Site) -> None:
    job = await site.submit(placement=PlacementSpec(cluster="elsewhere"))
    await site.in_state(job, "queued")
    assert (await site.jobs.cancel(job, "cancelled")).state is State.CANCELLED


async def test_cancelling_twice_and_after_the_end_changes_nothing(site: Site) -> None:
    job = await site.submit()
    running = await site.in_state(job, "running")
    site.runtime.end(running.handle, 0)
    ended = await site.in_state(job, "succeeded")
    assert await site.jobs.cancel(job, "cancelled") == ended


async def test_an_unknown_framework_is_rejected_with_what_is_on_offer(site: Site) -> None:
    ended = await site.in_state(await site.submit(framework="pytorhc"), "failed")
    assert ended.reason == "rejected"
    assert "pytorch" in ended.message or "pytorhc" in ended.message


async def test_orphans_are_noted_at_once_and_swept_after_their_grace(site: Site) -> None:
    stray = handle_of("01aaaaaaaaaaaaaaaaaaaaaaaa", 1)
    job = await site.submit()
    running = await site.in_state(job, "running")
    await site.runtime.submit(replace(site.jobs.outfitter.outfit(running, 1), name=stray))
    keeper = site.jobs.keepers["one"]
    await keeper.reconciler.sweep_orphans()
    async with site.records.read() as tx:
        assert [o.handle for o in await tx.clusters.orphans("one")] == [stray]
    assert stray in await observed(site.runtime)
    site.orphanage.grace = 0
    await keeper.reconciler.sweep_orphans()
    left = await observed(site.runtime)
    assert (stray in left, running.handle in left) == (False, True)


async def test_a_server_killed_at_any_moment_leaves_work_that_the_next_one_finishes() -> None:
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        jobs: list[str] = []
        for turn in range(12):
            site = build(records, store, {"one": runtime})
            site.start()
            jobs += [
                await site.submit(roles=(RoleSpec(command=("simulate", "sleep=0.05", "exit=0")),))
                for _ in range(4)
            ]
            await asyncio.sleep(0.013 * turn)
            await site.kill()
        site = build(records, store, {"one": runtime})
        site.start()
        for job in jobs:
            ended = await site.in_state(job, "succeeded")
            assert ended.attempt == 1
        assert sorted(runtime.started) == sorted(handle_of(job, 1) for job in jobs)
        await site.kill()


async def test_two_servers_share_one_queue_and_start_nothing_twice() -> None:
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        sites = [build(records, store, {"one": runtime}, owner=f"server-{n}") for n in (1, 2)]
        for site in sites:
            site.start()
        command = ("simulate", "sleep=0.02", "exit=0")
        jobs = await asyncio.gather(
            *(sites[n % 2].submit(roles=(RoleSpec(command=command),)) for n in range(60))
        )
        for job in jobs:
            await sites[0].in_state(job, "succeeded")
        assert sorted(runtime.started) == sorted(handle_of(job, 1) for job in jobs)
        for site in sites:
            await site.kill()


async def test_the_other_server_takes_over_when_one_dies() -> None:
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        first, second = (build(records, store, {"one": runtime}, owner=f"server-{n}") for n in (1, 2))
        first.start()
        job = await first.submit()
        running = await first.in_state(job, "running")
        second.start()
        await first.kill()
        runtime.end(running.handle, 0)
        await second.in_state(job, "succeeded")
        await second.kill()


async def test_a_cancel_at_the_other_server_is_carried_out_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "INTERVAL_S", 600.0)
    monkeypatch.setattr(reconciler, "LOOK_S", 0.1)
    async with shared() as (records, store):
        runtime = FaultyRuntime()
        first, second = (build(records, store, {"one": runtime}, owner=f"server-{n}") for n in (1, 2))
        first.start()
        job = await first.submit()
        await first.in_state(job, "running")
        second.start()
        await second.jobs.cancel(job, "user")
        await second.in_state(job, "cancelled")
        for site in (first, second):
            await site.kill()


async def test_a_placement_policy_or_a_label_chooses_among_clusters() -> None:
    async with shared() as (records, store):
        site = build(records, store, {"one": FaultyRuntime(), "two": FaultyRuntime()})
        site.start()
        job = await site.submit(placement=PlacementSpec(labels={"zone": "two"}))
        running = await site.in_state(job, "running")
        assert running.cluster == "two"
        assert running.placement is not None
        reasons = {c.cluster: (c.taken, c.reason) for c in running.placement.candidates}
        assert reasons["one"] == (False, "label zone is 'one', the spec asks for 'two'")
        assert reasons["two"][0]
        await site.kill()


async def test_a_log_of_an_attempt_that_never_was_is_not_found(site: Site) -> None:
    job = await site.in_state(await site.submit(), "running")
    with pytest.raises(NotFoundError, match="no attempt 9"):
        async for _ in site.logs.read(job, attempt=9, role="worker", index=0):
            pass


def test_a_spec_counts_all_of_its_replicas() -> None:
    role = RoleSpec(command=("x",), replicas=3, resources=Resources(cpu=500))
    assert JobSpec(roles=(role,)).total == Resources(cpu=1500)
    assert Handle("sub-x-1") == handle_of("x", 1)
