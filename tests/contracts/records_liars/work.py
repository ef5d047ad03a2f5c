"""Liars about jobs and attempts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from submarine.adapters.sql.jobs import SqlJobs
from submarine.core.errors import ConflictError
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.store import Standing, Usage
from tests.contracts.records_liars.liar import Liar, lies


class ForgetsTheDemand(SqlJobs):
    @override
    async def get(self, job: str) -> Job | None:
        found = await super().get(job)
        return found and replace(found, demand="")


class ForgetsNativeNames(SqlJobs):
    @override
    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        return await super().save([replace(job, native={}) for job in jobs])


class RenamesTheSecond(SqlJobs):
    @override
    async def add(self, jobs: Sequence[Job]) -> None:
        sql = "select 1 from jobs where project = $1 and name = $2 and ended is null"
        for job in jobs:
            taken = await self._session.first(sql, job.project, job.name)
            await super().add([replace(job, name=f"{job.name}-{job.id}") if taken else job])


class KeepsNamesForEver(SqlJobs):
    @override
    async def add(self, jobs: Sequence[Job]) -> None:
        sql = "select 1 from jobs where project = $1 and name = $2"
        for job in jobs:
            if await self._session.first(sql, job.project, job.name):
                raise ConflictError(f"{job.name!r} is taken")
        await super().add(jobs)


class RepeatsItself(SqlJobs):
    @override
    async def many(self, jobs: Collection[str]) -> Sequence[Job]:
        found = await super().many(jobs)
        return [*found, *found[:1]]


class AlwaysStandsAtTheStart(SqlJobs):
    @override
    async def standings(self, jobs: Collection[str]) -> Mapping[str, Standing]:
        return {
            job: replace(found, state=State.ACCEPTED)
            for job, found in (await super().standings(jobs)).items()
        }


class SavesOverAnything(SqlJobs):
    @override
    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        found = {job.id: job.version for job in await self.many([job.id for job in jobs])}
        return await super().save([replace(job, version=found.get(job.id, 0) + 1) for job in jobs])


class CreditsTheFirst(SqlJobs):
    @override
    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        told = zip(jobs, await super().save(jobs), strict=True)
        written = {job.id for job, done in told if done}
        return [job.id in written and job.id not in {j.id for j in jobs[:n]} for n, job in enumerate(jobs)]


class AnswersForAll(SqlJobs):
    @override
    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        written = await super().save(jobs)
        return [all(written)] * len(written)


class TakesTheVersionForItsOwn(SqlJobs):
    @override
    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        await super().save(jobs)
        found = {(job.id, job.version) for job in await self.many([job.id for job in jobs])}
        return [(job.id, job.version) in found for job in jobs]


class LeavesAttempts(SqlJobs):
    @override
    async def delete(self, job: str) -> None:
        await self._session.execute("delete from jobs where id = $1", job)


class KnowsNoUrgency(SqlJobs):
    @override
    async def accepted(self, limit: int) -> Sequence[Job]:
        return sorted(await super().accepted(1000), key=lambda job: job.id)[:limit]


class KnowsOneDemand(SqlJobs):
    @override
    async def heads(self, at: int, each: int) -> Sequence[Job]:
        return (await super().heads(at, each))[:each]


class LooksTooEarly(SqlJobs):
    @override
    async def heads(self, at: int, each: int) -> Sequence[Job]:
        return await super().heads(at + 1, each)


class CountsThePlaced(SqlJobs):
    @override
    async def waiting(self) -> int:
        placing = await self._session.fetch("select 1 from jobs where state = 'placing'")
        return await super().waiting() + len(placing)


class StartsTheListAgain(SqlJobs):
    @override
    async def on_cluster(self, *asked: Any, after: str = "", limit: int = 1000) -> Sequence[Job]:
        return await super().on_cluster(*asked, limit=limit)


class CountsDevicesOnce(SqlJobs):
    @override
    async def usage(self) -> Sequence[Usage]:
        return [
            replace(
                usage,
                resources=replace(
                    usage.resources, extra={n: k // usage.jobs for n, k in usage.resources.extra.items()}
                ),
            )
            for usage in await super().usage()
        ]


class SortsAsText(SqlJobs):
    @override
    async def attempts(self, job: str) -> Sequence[Attempt]:
        return sorted(await super().attempts(job), key=lambda attempt: str(attempt.number))


class StaysWhereItWas(SqlJobs):
    @override
    async def open_attempt(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            if attempt.number not in {known.number for known in await self.attempts(attempt.job)}:
                await super().open_attempt([attempt])


class Resurrects(SqlJobs):
    @override
    async def open_attempt(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            sql = "delete from attempts where job = $1 and number = $2 and ended is not null"
            await self._session.execute(sql, attempt.job, attempt.number)
        await super().open_attempt(attempts)


class EndsAgain(SqlJobs):
    @override
    async def close_attempt(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            sql = "update attempts set ended = null where job = $1 and number = $2"
            await self._session.execute(sql, attempt.job, attempt.number)
        await super().close_attempt(attempts)


class CollectsInAnyOrder(SqlJobs):
    @override
    async def uncollected(self, cluster: str, limit: int) -> Sequence[Attempt]:
        return sorted(await super().uncollected(cluster, limit), key=lambda attempt: attempt.number)


class CollectsWhatRuns(SqlJobs):
    @override
    async def uncollected(self, cluster: str, limit: int) -> Sequence[Attempt]:
        sql = "select job from attempts where cluster = $1 and ended is null"
        running = [await self.attempts(row["job"]) for row in await self._session.fetch(sql, cluster)]
        return [*await super().uncollected(cluster, limit), *(a for found in running for a in found)][:limit]


class TakesTheGoneForThere(SqlJobs):
    @override
    async def known_attempts(
        self, cluster: str, pairs: Collection[tuple[str, int]]
    ) -> Mapping[tuple[str, int], bool]:
        return dict.fromkeys(await super().known_attempts(cluster, pairs), True)


LIARS: dict[str, type[Liar]] = {
    "test_a_job_comes_back_as_added": lies(jobs=ForgetsTheDemand),
    "test_a_job_comes_back_as_saved": lies(jobs=ForgetsNativeNames),
    "test_a_live_name_is_taken": lies(jobs=RenamesTheSecond),
    "test_the_name_of_what_has_ended_is_free": lies(jobs=KeepsNamesForEver),
    "test_of_many_those_that_exist_are_returned": lies(jobs=RepeatsItself),
    "test_how_jobs_stand_is_told": lies(jobs=AlwaysStandsAtTheStart),
    "test_a_job_is_written_over_the_version_before_only": lies(jobs=SavesOverAnything),
    "test_each_of_several_saves_is_told_apart": lies(jobs=AnswersForAll),
    "test_of_several_steps_of_one_job_the_one_that_was_written_is_told": lies(jobs=CreditsTheFirst),
    "test_of_two_servers_that_write_one_version_one_is_told": lies(jobs=TakesTheVersionForItsOwn),
    "test_deleting_a_job_takes_its_attempts_along": lies(jobs=LeavesAttempts),
    "test_accepted_jobs_come_urgent_first_then_oldest": lies(jobs=KnowsNoUrgency),
    "test_of_every_demand_the_first_are_heads": lies(jobs=KnowsOneDemand),
    "test_what_is_not_due_is_no_head": lies(jobs=LooksTooEarly),
    "test_jobs_that_wait_for_a_cluster_are_counted": lies(jobs=CountsThePlaced),
    "test_jobs_of_a_cluster_are_listed_by_id_in_pages": lies(jobs=StartsTheListAgain),
    "test_usage_sums_up_what_jobs_on_clusters_hold": lies(jobs=CountsDevicesOnce),
    "test_attempts_come_back_oldest_first": lies(jobs=SortsAsText),
    "test_opening_an_attempt_twice_is_opening_it_once": lies(jobs=StaysWhereItWas),
    "test_opening_what_has_ended_changes_nothing": lies(jobs=Resurrects),
    "test_how_an_attempt_ended_is_written_once": lies(jobs=EndsAgain),
    "test_what_has_ended_is_uncollected_until_it_is_marked": lies(jobs=CollectsInAnyOrder),
    "test_what_goes_on_is_not_to_be_collected": lies(jobs=CollectsWhatRuns),
    "test_known_attempts_are_told_with_whether_they_may_be_there": lies(jobs=TakesTheGoneForThere),
}
