"""Promises about jobs: as added, as saved, and fenced by their version."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import SPEC, Stage
from submarine.core.errors import ConflictError
from submarine.core.ids import new_id
from submarine.core.jobs.job import Considered, Decision, Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.store import Standing
from submarine.core.records import Records
from submarine.core.workloads.observation import Phase, ReplicaView
from submarine.core.workloads.resources import Resources

REPLICAS = (
    ReplicaView(role="worker", index=0, phase=Phase.FAILED, exit_code=137, reason="out-of-memory"),
    ReplicaView(role="worker", index=1, phase=Phase.RUNNING, message="up", node="n1", started=6, ended=9),
)
DECISION = Decision(
    at=6,
    policy="least-loaded",
    chosen="near",
    reason="has room",
    candidates=(
        Considered(cluster="near", taken=True, reason="has room"),
        Considered(cluster="far", taken=False, reason="is far"),
    ),
)


def gone_far(job: Job) -> Job:
    """Return *job* in its next version, with all that may change changed."""
    return replace(
        job,
        state=State.RUNNING,
        reason="placed",
        message="runs on near 损失",
        changed=7,
        attempt=2,
        version=job.version + 1,
        cluster="near",
        started=6,
        due=2**40,
        exit_code=3,
        placement=DECISION,
        replicas=REPLICAS,
        native={"application": "application_1_0001"},
        grace=2.5,
    )


class Jobs(RecordsKit):
    """What `JobStore` owes to who writes a job."""

    async def test_a_job_comes_back_as_added(self, stage: Stage) -> None:
        """Every field, and none for an id that none has."""
        held = Resources(cpu=1500, memory=2**40, extra={"nvidia.com/gpu": 2})
        spec = replace(SPEC, params={"lr": 0.1, "name": "损失"}, queue="fast", max_duration=60.0)
        job = await stage.job(resources=held, queue="fast", priority=70, demand="d1", spec=spec)
        async with stage.read() as tx:
            assert await tx.jobs.get(job.id) == job
            assert await tx.jobs.get(new_id()) is None

    async def test_a_job_comes_back_as_saved(self, stage: Stage) -> None:
        """Every field that may change, with its decision and its replicas."""
        job = await stage.job()
        async with stage.begin() as tx:
            assert list(await tx.jobs.save([gone_far(job)])) == [True]
        async with stage.read() as tx:
            assert await tx.jobs.get(job.id) == gone_far(job)

    async def test_a_live_name_is_taken(self, stage: Stage) -> None:
        """Two live jobs of a project have two names; another project has its own."""
        digits, letters = await stage.project("digits"), await stage.project("letters")
        await stage.job(digits, name="train")
        await stage.job(letters, name="train")
        fresh, again = stage.a_job(digits), stage.a_job(digits, name="train")
        with pytest.raises(ConflictError):
            async with stage.begin() as tx:
                await tx.jobs.add([fresh, again])
        async with stage.read() as tx:
            assert await tx.jobs.get(fresh.id) is None
            assert await tx.jobs.get(again.id) is None

    async def test_the_name_of_what_has_ended_is_free(self, stage: Stage) -> None:
        """The next job may have it."""
        project = await stage.project()
        job = await stage.job(project, name="train")
        async with stage.begin() as tx:
            await tx.jobs.save([job.moved(State.FAILED, 9)])
            again = stage.a_job(project, name="train")
            await tx.jobs.add([again])
            assert await tx.jobs.get(again.id) == again

    async def test_of_many_those_that_exist_are_returned(self, stage: Stage) -> None:
        """In any order, each once."""
        project = await stage.project()
        jobs = [await stage.job(project) for _ in range(3)]
        async with stage.read() as tx:
            found = await tx.jobs.many([jobs[2].id, new_id(), jobs[0].id])
            assert sorted(job.id for job in found) == [jobs[0].id, jobs[2].id]
            assert list(await tx.jobs.many([])) == []

    async def test_how_jobs_stand_is_told(self, stage: Stage) -> None:
        """Project, attempt and state of those that exist, as they are now."""
        project = await stage.project()
        job, other = await stage.job(project), await stage.job(project)
        async with stage.begin() as tx:
            await tx.jobs.save([gone_far(job)])
            assert await tx.jobs.standings([job.id, new_id(), other.id]) == {
                job.id: Standing(project.id, 2, State.RUNNING),
                other.id: Standing(project.id, 0, State.ACCEPTED),
            }
            assert await tx.jobs.standings([]) == {}

    async def test_a_job_is_written_over_the_version_before_only(self, stage: Stage) -> None:
        """Who read an older version is told, and changes nothing."""
        job = await stage.job()
        queued = job.moved(State.QUEUED, 7)
        async with stage.begin() as tx:
            assert list(await tx.jobs.save([queued])) == [True]
            assert list(await tx.jobs.save([job.moved(State.CANCELLED, 8)])) == [False]
            assert list(await tx.jobs.save([replace(queued, version=9)])) == [False]
            assert await tx.jobs.get(job.id) == queued

    async def test_each_of_several_saves_is_told_apart(self, stage: Stage) -> None:
        """One that is stale or unknown keeps no other from being written."""
        project = await stage.project()
        first, second, third = [await stage.job(project) for _ in range(3)]
        step = [job.moved(State.QUEUED, 7) for job in (first, second, third, stage.a_job(project))]
        step[1] = replace(step[1], version=7)
        async with stage.begin() as tx:
            assert list(await tx.jobs.save(step)) == [True, False, True, False]
            found = {job.id: job.state for job in await tx.jobs.many([job.id for job in step])}
        assert found == {first.id: State.QUEUED, second.id: State.ACCEPTED, third.id: State.QUEUED}

    async def test_of_several_steps_of_one_job_the_one_that_was_written_is_told(self, stage: Stage) -> None:
        """Whoever brings a stale one along in the same call, before or after it, has written nothing."""
        project = await stage.project()
        job, other = await stage.job(project), await stage.job(project)
        queued, stale = job.moved(State.QUEUED, 7), job.moved(State.FAILED, 8)
        cancelled = queued.moved(State.CANCELLED, 9)
        first = other.moved(State.QUEUED, 7)
        async with stage.begin() as tx:
            assert list(await tx.jobs.save([queued, stale])) == [True, False]
            assert list(await tx.jobs.save([stale, cancelled, queued])) == [False, True, False]
            assert list(await tx.jobs.save([first, first.moved(State.CANCELLED, 9)])) == [True, False]
            assert await tx.jobs.get(job.id) == cancelled
            assert await tx.jobs.get(other.id) == first

    async def test_of_two_servers_that_write_one_version_one_is_told(
        self, stage: Stage, other: Records
    ) -> None:
        """At once: one has written, and what it wrote is there."""
        job = await stage.job()

        async def write(records: Records, reason: str) -> bool:
            async with records.begin() as tx:
                (written,) = await tx.jobs.save([job.moved(State.QUEUED, 7, reason=reason)])
                return written

        wrote = await asyncio.gather(write(stage.records, "one"), write(other, "two"))
        assert sorted(wrote) == [False, True]
        async with stage.read() as tx:
            found = await tx.jobs.get(job.id)
        assert found is not None
        assert (found.version, found.reason) == (2, "one" if wrote[0] else "two")

    async def test_deleting_a_job_takes_its_attempts_along(self, stage: Stage) -> None:
        """And no other's; what is absent stays absent."""
        project = await stage.project()
        job, kept = await stage.job(project), await stage.job(project)
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([stage.an_attempt(job), stage.an_attempt(kept)])
            await tx.jobs.delete(job.id)
            await tx.jobs.delete(job.id)
            assert await tx.jobs.get(job.id) is None
            assert list(await tx.jobs.attempts(job.id)) == []
            assert await tx.jobs.get(kept.id) == kept
            assert len(await tx.jobs.attempts(kept.id)) == 1
