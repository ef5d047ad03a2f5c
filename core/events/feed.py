"""Hands events to whoever watches, from the beginning or from where they left off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from submarine.core.errors import BusyError, SubmarineError
from submarine.core.events.event import Event, history, position
from submarine.core.events.store import EventStore

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
"""How soon the events of another server are seen; our own ring the bell."""
PAGE: Final = 500
BACKLOG: Final = 1_000
TOGETHER: Final = 50
"""Events that go to a reader at once, so that what is written for hundreds of slow readers stays small."""


class FeedTransaction(Protocol):
    """The one store the feed reads."""

    @property
    def events(self) -> EventStore:
        """The feed."""
        ...


class FeedRecords(Protocol):
    """Records, as far as the feed needs them."""

    def read(self) -> AbstractAsyncContextManager[FeedTransaction]:
        """Open a snapshot."""
        ...


class _Watcher:
    """One reader's filter and bounded backlog."""

    def __init__(self, projects: Collection[str] | None, job: str | None) -> None:
        self._projects = None if projects is None else frozenset(projects)
        self._job = job
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(BACKLOG + 1)
        self._leaving = False
        self._over = False

    def offer(self, event: Event) -> None:
        """Queue *event* if it is for this reader; one that does not keep up is sent away, to resume."""
        if self._job is not None and event.job != self._job:
            return
        if self._projects is not None and event.project not in self._projects:
            return
        if self._leaving:
            return  # what came now would be read after a gap
        if self.queue.qsize() >= BACKLOG:
            self.send_away()
        else:
            self.queue.put_nowait(event)

    def send_away(self) -> None:
        """Let the reader go once it has read what is here already, to resume."""
        if not self._leaving:
            self._leaving = True
            self.queue.put_nowait(None)

    async def next(self) -> Sequence[Event]:
        """Wait for events and return those that are there, some dozens of them at the most.

        Raise `BusyError` once it was sent away and has read the rest.
        """
        events: list[Event] = []
        while not self._over and len(events) < TOGETHER and not (events and self.queue.empty()):
            if (event := await self.queue.get()) is None:
                self._over = True
            else:
                events.append(event)
        if not events:
            raise BusyError("the feed sent this reader away; resume after the last event it got")
        return events


class Feed:
    """Reads each new event once, however many watch; a watcher costs a bounded queue."""

    def __init__(self, records: FeedRecords) -> None:
        self._records = records
        self._watchers: set[_Watcher] = set()
        self._news = asyncio.Event()
        self._cursor = ""

    def ring(self) -> None:
        """Say that there is news."""
        self._news.set()

    async def run(self) -> None:
        """Read and hand out until cancelled."""
        while True:
            try:
                await self._pump()
            except SubmarineError as error:
                log.warning("the feed waits for the records: %s", error)
            except Exception:
                log.exception("the feed failed; it goes on where it was")
            try:
                async with asyncio.timeout(POLL_S):
                    await self._news.wait()
            except TimeoutError:
                continue
            self._news.clear()

    async def watch(
        self, cursor: str, *, projects: Collection[str] | None = None, job: str | None = None
    ) -> AsyncGenerator[Sequence[Event], None]:
        """Yield events after *cursor* ("" for all there ever were), without end, none missing, none twice.

        Those that are there at a moment come together: who has many to tell has fewer things to do.

        Raise `BusyError` when the reader is too slow to keep up, or the records turn out to be older than
        what was read of them: it may resume at its last cursor, which may be `beyond` them by then.
        """
        last = position(cursor)
        if not self._watchers:
            # nobody watched, so nobody read on; what happened until now is history, read below
            self._cursor = await self.last()
        watcher = _Watcher(projects, job)
        self._watchers.add(watcher)  # before history is read, so that nothing falls between
        try:
            while True:
                async with self._records.read() as tx:
                    past = await tx.events.after(cursor, projects=projects, job=job, limit=PAGE)
                    if _may_be_another(past, cursor) and await tx.events.beyond(cursor):
                        raise BusyError("the records were restored from a copy; begin anew")
                for start in range(0, len(past), TOGETHER):
                    events = past[start : start + TOGETHER]
                    cursor, last = events[-1].cursor, position(events[-1].cursor)
                    yield events
                if len(past) < PAGE:
                    break
            while True:
                events = await watcher.next()
                if fresh := [event for event in events if position(event.cursor) > last]:
                    last = position(fresh[-1].cursor)
                    yield fresh
        finally:
            self._watchers.discard(watcher)

    async def beyond(self, cursor: str) -> bool:
        """Tell whether *cursor* is from later than the records are: they were restored from a copy since."""
        async with self._records.read() as tx:
            return await tx.events.beyond(cursor)

    async def last(self) -> str:
        """Return the cursor of the newest event."""
        async with self._records.read() as tx:
            return await tx.events.last()

    async def _pump(self) -> None:
        if not self._watchers:
            return
        while True:
            async with self._records.read() as tx:
                events = await tx.events.after(self._cursor, limit=PAGE)
                restored = _may_be_another(events, self._cursor) and await tx.events.beyond(self._cursor)
                if restored:
                    self._cursor, events = await tx.events.last(), []
            if restored:
                log.warning("the records were restored from a copy; whoever watches begins anew")
                for watcher in self._watchers:
                    watcher.send_away()
            for event in events:
                self._cursor = event.cursor
                for watcher in self._watchers:
                    watcher.offer(event)
            if len(events) < PAGE:
                return


def _may_be_another(events: Sequence[Event], cursor: str) -> bool:
    """Tell whether *events*, which come after *cursor*, may be of another history than it is."""
    return not events or history(events[0].cursor) != history(cursor)
