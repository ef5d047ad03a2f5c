"""Promises about the feed: in order, without gaps, and nothing before what was shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.errors import InvalidError
from submarine.core.events.event import Event, position
from submarine.core.jobs.job import Job
from submarine.core.records import Records, Transaction


def numbers(events: Sequence[Event]) -> list[object]:
    """Return what tells the events of a test apart."""
    return [event.data["number"] for event in events]


class Events(RecordsKit):
    """What `EventStore` owes. An event is visible soon after the commit, not always at once."""

    async def _seen(
        self, records: Records, count: int, ask: Callable[[Transaction], Awaitable[Sequence[Event]]]
    ) -> Sequence[Event]:
        """Ask until there are *count* events."""
        async with asyncio.timeout(self.patience):
            while True:
                async with records.read() as tx:
                    if len(found := await ask(tx)) >= count:
                        return found
                await asyncio.sleep(0.01)

    async def _of(self, records: Records, job: Job, count: int, cursor: str = "") -> Sequence[Event]:
        return await self._seen(records, count, lambda tx: tx.events.after(cursor, job=job.id))

    async def _append(self, records: Records, *events: Event) -> None:
        async with records.begin() as tx:
            await tx.events.append(events)

    async def test_events_come_back_in_the_order_they_were_appended(
        self, stage: Stage, other: Records
    ) -> None:
        """Every field, and a cursor that grows; on the other server the same."""
        job = await stage.job()
        wanted = [
            stage.an_event(job, n, type=f"t{n % 3}", data={"number": n, "word": "损失"}) for n in range(40)
        ]
        await self._append(stage.records, *wanted[:1])
        await self._append(other, *wanted[1:35])
        await self._append(stage.records)
        await self._append(stage.records, *wanted[35:])
        found = await self._of(other, job, 40)
        assert [(e.at, e.project, e.job, e.type, e.data) for e in found] == [
            (e.at, e.project, e.job, e.type, e.data) for e in wanted
        ]
        places = [position(event.cursor) for event in found]
        assert places == sorted(set(places))
        assert await self._of(stage.records, job, 40) == found

    async def test_what_comes_after_a_cursor_is_all_that_comes_after_it(self, stage: Stage) -> None:
        """In pages as long as asked for: no event twice, none left out."""
        job = await stage.job()
        await self._append(stage.records, *(stage.an_event(job, n) for n in range(7)))
        await self._of(stage.records, job, 7)
        seen: list[Event] = []
        async with stage.read() as tx:
            while page := await tx.events.after(seen[-1].cursor if seen else "", job=job.id, limit=3):
                assert len(page) <= 3
                seen += page
                assert len(seen) <= 7
        assert numbers(seen) == list(range(7))

    async def test_a_cursor_that_is_none_is_refused(self, stage: Stage) -> None:
        """With words for who sent it."""
        for cursor in ("yesterday", "1", "-", f"{2**63}-1"):
            with pytest.raises(InvalidError):
                async with stage.read() as tx:
                    await tx.events.after(cursor)

    async def test_events_are_those_of_the_projects_and_of_the_job(self, stage: Stage) -> None:
        """None is every project; no project has no events."""
        one, two = await stage.project("one"), await stage.project("two")
        jobs = [await stage.job(project) for project in (one, one, two)]
        async with stage.read() as tx:
            start = await tx.events.last()
        await self._append(stage.records, *(stage.an_event(job, n) for n, job in enumerate(jobs)))
        await self._of(stage.records, jobs[2], 1)
        async with stage.read() as tx:

            async def after(projects: list[str] | None, job: Job | None = None) -> list[object]:
                name = job.id if job else None
                return numbers(await tx.events.after(start, projects=projects, job=name))

            assert await after(None) == [0, 1, 2]
            assert await after([one.id]) == [0, 1]
            assert await after([one.id, two.id]) == [0, 1, 2]
            assert await after([one.id], jobs[1]) == [1]
            assert await after([one.id], jobs[2]) == []
            assert await after([]) == []

    async def test_events_are_visible_when_their_transaction_commits(self, stage: Stage) -> None:
        """Not before, and never if it is rolled back."""
        job = await stage.job()
        async with stage.begin() as tx:
            await tx.events.append([stage.an_event(job, 1)])
            async with stage.read() as reader:
                assert list(await reader.events.after("", job=job.id)) == []
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - a transaction
            async with stage.begin() as tx:
                await tx.events.append([stage.an_event(job, 2)])
                raise ZeroDivisionError
        await self._append(stage.records, stage.an_event(job, 3))
        assert numbers(await self._of(stage.records, job, 2)) == [1, 3]

    async def test_no_event_is_skipped_that_a_slower_transaction_commits(
        self, stage: Stage, other: Records
    ) -> None:
        """Who follows the feed sees all, though a later event may be ready first."""
        project = await stage.project()
        slow, quick = await stage.job(project), await stage.job(project)
        seen: list[Event] = []

        async def follow(records: Records) -> None:
            async with records.read() as tx:
                cursor = seen[-1].cursor if seen else ""
                seen.extend(await tx.events.after(cursor, projects=[project.id]))

        async with asyncio.TaskGroup() as group, stage.begin() as tx:
            await tx.events.append([stage.an_event(slow, 1)])
            await tx.jobs.get(slow.id)  # so that it is on its way in the database
            group.create_task(self._append(other, stage.an_event(quick, 2)))
            for _ in range(10):
                await asyncio.sleep(self.unit / 10)
                await follow(other)
            assert 1 not in numbers(seen)
        async with asyncio.timeout(self.patience):
            while len(seen) < 2:
                await follow(other)
        assert sorted(map(str, numbers(seen))) == ["1", "2"]

    async def test_the_history_of_a_job_is_deleted_alone(self, stage: Stage) -> None:
        """Another job's stays."""
        project = await stage.project()
        gone, kept = await stage.job(project), await stage.job(project)
        await self._append(stage.records, stage.an_event(gone, 1), stage.an_event(kept, 2))
        await self._of(stage.records, kept, 1)
        async with stage.begin() as tx:
            await tx.events.delete(gone.id)
            await tx.events.delete(gone.id)
            assert list(await tx.events.after("", job=gone.id)) == []
            assert numbers(await tx.events.after("", job=kept.id)) == [2]

    async def test_a_cursor_from_later_than_the_records_is_told(self, stage: Stage, other: Records) -> None:
        """As a reader has whose records were restored from a copy; what was deleted is no such thing."""
        job = await stage.job()
        await self._append(stage.records, stage.an_event(job, 1), stage.an_event(job, 2))
        transaction, number = position((await self._of(other, job, 2))[-1].cursor)
        async with stage.begin() as tx:
            await tx.events.delete(job.id)
        async with other.read() as tx:
            assert not await tx.events.beyond("")
            assert not await tx.events.beyond(f"{transaction}-{number}")
            for later in (f"{transaction + 10**9}-{number}", f"{transaction}-{number + 10**9}"):
                assert await tx.events.beyond(later)
            with pytest.raises(InvalidError):
                await tx.events.beyond("yesterday")

    async def test_the_last_cursor_is_where_the_feed_goes_on(self, stage: Stage) -> None:
        """After it comes only what is new."""
        job = await stage.job()
        await self._append(stage.records, stage.an_event(job, 1), stage.an_event(job, 2))
        found = await self._of(stage.records, job, 2)
        async with stage.read() as tx:
            last = await tx.events.last()
            assert last == found[-1].cursor
            assert list(await tx.events.after(last)) == []
        await self._append(stage.records, stage.an_event(job, 3))
        assert numbers(await self._of(stage.records, job, 1, last)) == [3]
