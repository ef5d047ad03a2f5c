"""What readers of the feed get: everything, once, in order; and the door if they do not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import pytest

from submarine.core.errors import BusyError
from submarine.core.events.event import Event, position
from submarine.core.events.feed import BACKLOG, TOGETHER, Feed


class MemoryEvents:
    """A feed's records, for as long as a test lasts."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self.history = "a"

    @property
    def events(self) -> MemoryEvents:
        return self

    @asynccontextmanager
    async def read(self) -> AsyncIterator[MemoryEvents]:
        yield self

    def happen(self, count: int, project: str = "p") -> None:
        for _ in range(count):
            cursor = f"1-{len(self.all) + 1}-{self.history}"
            self.all.append(Event(at=1, project=project, job="j", type="job.state", cursor=cursor))

    async def append(self, events: Sequence[Event]) -> None:
        self.all += events

    async def after(
        self,
        cursor: str,
        *,
        projects: Collection[str] | None = None,
        job: str | None = None,
        limit: int = 500,
    ) -> Sequence[Event]:
        last = position(cursor)
        found = [event for event in self.all if position(event.cursor) > last]
        return [event for event in found if projects is None or event.project in projects][:limit]

    async def delete(self, job: str) -> None:
        self.all = [event for event in self.all if event.job != job]

    async def last(self) -> str:
        return self.all[-1].cursor if self.all else ""

    async def beyond(self, cursor: str) -> bool:
        return cursor not in {"", *(event.cursor for event in self.all)}


@pytest.fixture
async def running() -> AsyncIterator[tuple[MemoryEvents, Feed]]:
    records = MemoryEvents()
    feed = Feed(records)
    task = asyncio.create_task(feed.run())
    yield records, feed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def read(source: AsyncIterator[Sequence[Event]], count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            events = await anext(source)
            found += [event.cursor for event in events]
    return found


async def outlived(records: MemoryEvents, feed: Feed) -> tuple[AsyncIterator[Sequence[Event]], str]:
    """Return a reader that has read five events, and its cursor; the records have only two of them now."""
    records.happen(5)
    source = feed.watch("")
    cursor = (await read(source, 5))[-1]
    del records.all[2:]
    return source, cursor


async def test_history_and_news_come_once_and_in_order(running: tuple[MemoryEvents, Feed]) -> None:
    records, feed = running
    records.happen(700)
    source = feed.watch("")
    found = await read(source, 700)
    records.happen(200)
    feed.ring()
    found += await read(source, 200)
    await source.aclose()
    assert found == [event.cursor for event in records.all]


async def test_a_reader_gets_no_more_than_some_dozens_at_once(running: tuple[MemoryEvents, Feed]) -> None:
    records, feed = running
    records.happen(1)
    source = feed.watch("")
    await read(source, 1)
    records.happen(TOGETHER * 3)
    feed.ring()
    async with asyncio.timeout(30):
        sizes = [len(await anext(source)) for _ in range(3)]
    await source.aclose()
    assert max(sizes) <= TOGETHER


async def test_who_does_not_read_is_sent_away_without_a_gap_and_resumes(
    running: tuple[MemoryEvents, Feed],
) -> None:
    records, feed = running
    records.happen(1)
    source = feed.watch("")
    found = await read(source, 1)
    records.happen(BACKLOG + 300)
    feed.ring()
    found += await read(source, 1)  # it begins to read, and the backlog has run over

    async def read_on() -> None:
        while True:
            found.extend(await read(source, 1))
            records.happen(1)
            feed.ring()
            for _ in range(10):
                await asyncio.sleep(0)  # so that the feed goes on handing out

    with pytest.raises(BusyError):
        await read_on()
    assert found == [event.cursor for event in records.all[: len(found)]]
    again = feed.watch(found[-1])
    rest = await read(again, len(records.all) - len(found))
    await again.aclose()
    assert found + rest == [event.cursor for event in records.all]


async def test_readers_of_records_that_are_restored_from_a_copy_are_sent_away_and_begin_anew(
    running: tuple[MemoryEvents, Feed],
) -> None:
    records, feed = running
    source, cursor = await outlived(records, feed)
    feed.ring()
    with pytest.raises(BusyError):
        await read(source, 1)
    assert await feed.beyond(cursor)
    again = feed.watch(await feed.last())
    records.happen(1, "later")
    feed.ring()
    assert await read(again, 1) == ["1-3-a"]
    await again.aclose()


async def test_readers_are_sent_away_though_more_has_happened_since_than_the_records_have_lost(
    running: tuple[MemoryEvents, Feed],
) -> None:
    records, feed = running
    source, cursor = await outlived(records, feed)
    records.history = "b"
    records.happen(9)
    feed.ring()
    with pytest.raises(BusyError):
        await read(source, 1)
    with pytest.raises(BusyError, match="restored"):
        await read(feed.watch(cursor), 1)
    again = feed.watch("")
    assert len(await read(again, 11)) == 11
    await again.aclose()
