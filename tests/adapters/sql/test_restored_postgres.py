"""PostgreSQL, put back to an older copy: who has read what was lost is told, however much came since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from submarine.adapters.sql.config import PostgresConfig
from submarine.adapters.sql.postgres import open_postgres
from submarine.core.errors import BusyError
from submarine.core.events.event import Event, position
from submarine.core.events.feed import Feed
from submarine.core.records import RECORDS, Records
from submarine.plugins.registry import discover
from tests.adapters.sql.overtaking import overtake
from tests.adapters.sql.returning import beyond, told
from tests.clusters.postgres import PostgresServer
from tests.clusters.postgres_fixture import postgres_or_skip


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it has committed, as in production."""
    yield from postgres_or_skip("bench")


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@asynccontextmanager
async def served(url: str) -> AsyncIterator[Records]:
    """Open the records as a server does when it starts."""
    async with discover().open(RECORDS, "postgres", {"url": url}) as records:
        yield records


async def happen(records: Records, *names: str, job: str = "j") -> str:
    """Append an event for each of *names*, and return the cursor of the last, once it is shown."""
    before = await last(records)
    async with records.begin() as tx:
        await tx.events.append([Event(at=1, project="p", job=job, type=name) for name in names])
    async with asyncio.timeout(60):
        while (cursor := await last(records)) == before:
            await asyncio.sleep(0.02)
    return cursor


async def last(records: Records) -> str:
    async with records.read() as tx:
        return await tx.events.last()


@pytest.mark.parametrize("standby", [False, True], ids=["backup", "standby"])
async def test_who_read_what_an_older_copy_has_lost_is_told(
    postgres: PostgresServer, url: str, standby: bool
) -> None:
    """Though transactions and numbers have overtaken what was read, before the first event and after it."""
    async with served(url) as records:
        early = await happen(records, "a")
    copy = postgres.save()
    async with served(url) as records:
        lost = [await happen(records, "lost") for _ in range(3)]
        assert not await beyond(records, lost[-1])
    postgres.fail_over(copy, standby=standby)
    overtake(postgres, url)
    async with served(url) as records:
        assert [await beyond(records, cursor) for cursor in lost] == [True] * 3
        newest = await happen(records, "b")
        assert position(newest) > position(lost[-1])
        assert [await beyond(records, cursor) for cursor in lost] == [True] * 3
        assert not await beyond(records, early)
        assert not await beyond(records, newest)
        assert await told(records, early) == ["b"]


async def test_who_read_under_the_postgres_that_the_copy_was_taken_from_is_told(
    postgres: PostgresServer, url: str
) -> None:
    """The copy knows the life in which what it has lost was appended: a standby that lags does."""
    async with served(url) as records:
        early = await happen(records, "a")
        copy = postgres.back_up()
        lost = await happen(records, "lost")
    postgres.fail_over(copy)
    overtake(postgres, url)
    async with served(url) as records:
        await happen(records, "b")
        assert await beyond(records, lost)
        assert not await beyond(records, early)
        assert await told(records, early) == ["b"]


async def test_a_reader_whose_records_are_restored_as_it_comes_is_sent_away(
    postgres: PostgresServer, url: str
) -> None:
    """It would be given what comes after a place of which nobody knows any more."""
    async with served(url) as records:
        await happen(records, "a")
    copy = postgres.save()
    async with served(url) as records:
        lost = await happen(records, "lost")
    postgres.fail_over(copy)
    overtake(postgres, url)
    async with served(url) as records:
        await happen(records, "b")
        with pytest.raises(BusyError, match="restored"):
            await anext(Feed(records).watch(lost))


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_start_alone_loses_no_reader_an_event(
    postgres: PostgresServer, url: str, crashes: bool
) -> None:
    """Also of one who has read last what was deleted since."""
    cursors = [""]
    async with served(url) as records:
        cursors.append(await happen(records, "a"))
        cursors.append(await happen(records, "b", job="deleted"))
        async with records.begin() as tx:
            await tx.events.delete("deleted")
    postgres.stop(crash=crashes)
    postgres.start()
    async with served(url) as records:
        assert [await beyond(records, cursor) for cursor in cursors] == [False] * 3
        cursors.append(await happen(records, "c"))
        assert [await beyond(records, cursor) for cursor in cursors] == [False] * 4
        assert [await told(records, cursor) for cursor in cursors] == [["a", "c"], ["c"], ["c"], []]


async def test_of_many_who_come_first_after_a_start_one_notes_it(url: str) -> None:
    async with served(url) as records:

        async def append(number: int) -> None:
            async with records.begin() as tx:
                await tx.events.append([Event(at=1, project="p", job=f"j{number}", type="a")])

        await asyncio.gather(*(append(number) for number in range(12)))
    async with open_postgres(PostgresConfig(url=url)) as database, database.read() as session:
        (row,) = await session.fetch("select count(*) as lives from incarnations")
        assert row["lives"] == 1


async def test_a_cursor_from_before_there_were_tokens_is_read(url: str) -> None:
    async with served(url) as records:
        old = "{}-{}".format(*position(await happen(records, "a")))
        await happen(records, "b")
        assert not await beyond(records, old)
        assert await told(records, old) == ["b"]


async def test_a_dump_of_another_postgres_takes_none_of_its_lives_for_this_one(url: str) -> None:
    """Its transactions have numbers that this one has yet to reach."""
    async with served(url) as records:
        foreign = await happen(records, "a")
    async with open_postgres(PostgresConfig(url=url)) as database, database.begin() as session:
        await session.execute("update events set xid = xid + 500000000000")
        await session.execute(
            "update incarnations set after = after + 500000000000, postmaster = postmaster - interval '1 day'"
        )
    async with served(url) as records:
        own = await happen(records, "b")
        assert not await beyond(records, own)
        assert await beyond(records, f"{position(own)[0]}-{position(own)[1]}-{foreign.rpartition('-')[2]}")
