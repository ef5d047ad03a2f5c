"""Promises about attempts: what may be on a cluster, and whose logs are still there."""

from __future__ import annotations

from dataclasses import replace

from submarine.contracts.records.jobs import REPLICAS
from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.jobs.job import Attempt
from submarine.core.jobs.lifecycle import State


def ended(attempt: Attempt, at: int, state: State = State.FAILED) -> Attempt:
    """Return how *attempt* ended."""
    return replace(attempt, state=state, reason="exit-code", exit_code=3, ended=at, replicas=REPLICAS)


class Attempts(RecordsKit):
    """What `JobStore` owes to who starts, ends and collects."""

    async def test_attempts_come_back_oldest_first(self, stage: Stage) -> None:
        """Every field, those of the job and of no other, whatever the order they came in."""
        project = await stage.project()
        job, other = await stage.job(project), await stage.job(project)
        attempts = [stage.an_attempt(job, number) for number in (2, 10, 1)]
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([*attempts, stage.an_attempt(other)])
        async with stage.read() as tx:
            assert list(await tx.jobs.attempts(job.id)) == [attempts[2], attempts[0], attempts[1]]

    async def test_opening_an_attempt_twice_is_opening_it_once(self, stage: Stage) -> None:
        """One that was given to a cluster that never had it is given to another."""
        job, near, far = await stage.job(), stage.called("near"), stage.called("far")
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([stage.an_attempt(job, cluster=near)])
            await tx.jobs.open_attempt([stage.an_attempt(job, cluster=near)])
            assert list(await tx.jobs.attempts(job.id)) == [stage.an_attempt(job, cluster=near)]
            await tx.jobs.open_attempt([stage.an_attempt(job, cluster=far, created=9)])
            assert list(await tx.jobs.attempts(job.id)) == [stage.an_attempt(job, cluster=far)]

    async def test_opening_what_has_ended_changes_nothing(self, stage: Stage) -> None:
        """It stays where and as it ended."""
        attempt = stage.an_attempt(await stage.job())
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([attempt])
            await tx.jobs.close_attempt([ended(attempt, 9)])
            await tx.jobs.open_attempt([replace(attempt, cluster=stage.called("far"))])
            assert list(await tx.jobs.attempts(attempt.job)) == [ended(attempt, 9)]

    async def test_how_an_attempt_ended_is_written_once(self, stage: Stage) -> None:
        """The first end stays; another attempt of the job is not touched."""
        job = await stage.job()
        first, second = stage.an_attempt(job, 1), stage.an_attempt(job, 2)
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([first, second])
            await tx.jobs.close_attempt([ended(first, 9)])
            await tx.jobs.close_attempt([ended(first, 10, State.LOST)])
            assert list(await tx.jobs.attempts(job.id)) == [ended(first, 9), second]

    async def test_what_has_ended_is_uncollected_until_it_is_marked(self, stage: Stage) -> None:
        """Oldest end first, at most as many as asked for, on the cluster asked for."""
        job, near = await stage.job(), stage.called("near")
        attempts = [stage.an_attempt(job, number, near) for number in (1, 2, 3)]
        far = stage.an_attempt(job, 4, stage.called("far"))
        late, early, middle = (ended(a, at) for a, at in zip(attempts, (30, 10, 20), strict=True))
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([*attempts, far])
            await tx.jobs.close_attempt([late, early, middle, ended(far, 5)])
            assert list(await tx.jobs.uncollected(near, 9)) == [early, middle, late]
            assert list(await tx.jobs.uncollected(near, 2)) == [early, middle]
            await tx.jobs.mark_collected(middle)
            await tx.jobs.mark_collected(middle)
            assert list(await tx.jobs.uncollected(near, 9)) == [early, late]
            assert (await tx.jobs.attempts(job.id))[2] == replace(middle, collected=True)

    async def test_what_goes_on_is_not_to_be_collected(self, stage: Stage) -> None:
        """An open attempt is nobody's to clean up."""
        attempt = stage.an_attempt(await stage.job())
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([attempt])
            assert list(await tx.jobs.uncollected(attempt.cluster, 9)) == []
            await tx.jobs.close_attempt([ended(attempt, 9)])
            assert len(await tx.jobs.uncollected(attempt.cluster, 9)) == 1

    async def test_known_attempts_are_told_with_whether_they_may_be_there(self, stage: Stage) -> None:
        """What is known nowhere or elsewhere is left out: it is an orphan."""
        project, near = await stage.project(), stage.called("near")
        job, other = await stage.job(project), await stage.job(project)
        open_, gone = stage.an_attempt(job, 2, near), stage.an_attempt(job, 1, near)
        far = stage.an_attempt(other, 1, stage.called("far"))
        async with stage.begin() as tx:
            await tx.jobs.open_attempt([open_, gone, far])
            await tx.jobs.close_attempt([ended(gone, 9)])
            await tx.jobs.mark_collected(gone)
            pairs = [(job.id, 1), (job.id, 2), (job.id, 3), (other.id, 1), ("none", 1)]
            assert await tx.jobs.known_attempts(near, pairs) == {(job.id, 1): False, (job.id, 2): True}
            assert await tx.jobs.known_attempts(near, [(job.id, 2)]) == {(job.id, 2): True}
            assert await tx.jobs.known_attempts(near, []) == {}
