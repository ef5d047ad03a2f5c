"""Promises about which jobs come next, and what those on clusters hold."""

from __future__ import annotations

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.jobs.job import Job
from submarine.core.jobs.lifecycle import PLACED, State
from submarine.core.workloads.resources import Resources

URGENT = 1_000_000
"""A priority before that of anything real."""
PAST = -1_000
"""A time before anything real is due."""


class Queues(RecordsKit):
    """What `JobStore` owes to who looks for work."""

    async def test_accepted_jobs_come_urgent_first_then_oldest(self, stage: Stage) -> None:
        """At most as many as asked for, and none that somebody has looked at."""
        project = await stage.project()
        old = await stage.job(project, priority=URGENT)
        await stage.job(project, priority=URGENT, state=State.QUEUED)
        young = await stage.job(project, priority=URGENT)
        urgent = await stage.job(project, priority=URGENT + 1)
        async with stage.read() as tx:
            assert list(await tx.jobs.accepted(3)) == [urgent, old, young]
            assert list(await tx.jobs.accepted(2)) == [urgent, old]

    async def test_of_every_demand_the_first_are_heads(self, stage: Stage) -> None:
        """Urgent first, then oldest: a long queue of one kind does not hide the other."""
        project = await stage.project()

        async def queued(demand: str, priority: int = 50) -> Job:
            about = {"state": State.QUEUED, "due": PAST, "demand": stage.called(demand)}
            return await stage.job(project, **about, priority=priority)

        big = [await queued("big") for _ in range(3)]
        urgent, small = await queued("big", 60), await queued("small")
        async with stage.read() as tx:
            assert list(await tx.jobs.heads(PAST, 1)) == [urgent, small]
            assert list(await tx.jobs.heads(PAST, 2)) == [urgent, big[0], small]

    async def test_what_is_not_due_is_no_head(self, stage: Stage) -> None:
        """Nor what is not queued; what is due at the very moment is one."""
        project = await stage.project()
        demand = {"demand": stage.called("demand")}
        due = await stage.job(project, state=State.QUEUED, due=PAST, **demand)
        await stage.job(project, state=State.QUEUED, due=PAST + 1, priority=90, **demand)
        await stage.job(project, state=State.ACCEPTED, due=PAST, priority=90, **demand)
        async with stage.read() as tx:
            assert list(await tx.jobs.heads(PAST, 5)) == [due]
            assert list(await tx.jobs.heads(PAST - 1, 5)) == []

    async def test_jobs_that_wait_for_a_cluster_are_counted(self, stage: Stage) -> None:
        """Accepted and queued ones, no others."""
        project = await stage.project()
        async with stage.begin() as tx:
            before = await tx.jobs.waiting()
            await tx.jobs.add([stage.a_job(project, state=state) for state in State])
            assert await tx.jobs.waiting() == before + 2

    async def test_jobs_of_a_cluster_are_listed_by_id_in_pages(self, stage: Stage) -> None:
        """In the states asked for; a page begins after the last of the page before."""
        project = await stage.project()
        near, far = stage.called("near"), stage.called("far")
        jobs = [await stage.job(project, cluster=near, state=State.RUNNING) for _ in range(3)]
        placing = await stage.job(project, cluster=near, state=State.PLACING)
        await stage.job(project, cluster=far, state=State.RUNNING)
        await stage.job(project, cluster=near, state=State.SUCCEEDED, ended=9)
        async with stage.read() as tx:
            page = await tx.jobs.on_cluster(near, PLACED, limit=2)
            assert list(page) == jobs[:2]
            assert list(await tx.jobs.on_cluster(near, PLACED, after=page[-1].id)) == [jobs[2], placing]
            assert list(await tx.jobs.on_cluster(near, {State.PLACING})) == [placing]
            assert list(await tx.jobs.on_cluster(near, set())) == []

    async def test_usage_sums_up_what_jobs_on_clusters_hold(self, stage: Stage) -> None:
        """By cluster and project; neither what waits nor what has ended holds anything."""
        one, two = await stage.project("one"), await stage.project("two")
        near, far = stage.called("near"), stage.called("far")
        held = Resources(cpu=1500, memory=2**40, extra={"nvidia.com/gpu": 2})
        for project, cluster in ((one, near), (one, near), (two, near), (two, far)):
            await stage.job(project, cluster=cluster, state=State.RUNNING, resources=held)
        await stage.job(one, cluster=near, state=State.FAILED, ended=9, resources=held)
        await stage.job(one, state=State.QUEUED, resources=held)
        found: dict[tuple[str, str], tuple[int, int, int, int]] = {}
        async with stage.read() as tx:
            for usage in await tx.jobs.usage():
                if usage.cluster in (near, far):
                    place = usage.cluster, usage.project
                    jobs, cpu, memory, gpus = found.get(place, (0, 0, 0, 0))
                    sums = jobs + usage.jobs, cpu + usage.resources.cpu, memory + usage.resources.memory
                    found[place] = (*sums, gpus + usage.resources.extra["nvidia.com/gpu"])
        each = 1, 1500, 2**40, 2
        assert found == {
            (near, one.id): (2, 3000, 2**41, 4),
            (near, two.id): each,
            (far, two.id): each,
        }
