"""One SQLite connection, used from the event loop without blocking it.

A statement that is short by its kind and its past runs on the loop itself: 3 microseconds, where a
hop to a thread and back takes 30 on an idle machine and over 1,000 beside a busy loop, because both
then fight for the interpreter's lock (measured). What is long, or may be, runs in the connection's
thread: bulk writes, deletes, and commits, which wait for the disk. A read that overstays on the loop
is interrupted by SQLite's progress handler and begun again in the thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Final, TypeVar, cast

from submarine.adapters.sql.errors import primary_code
from submarine.adapters.sql.statements import Statement

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

_READ_BUDGET: Final = 0.002  # seconds on the loop, then it goes to the thread
_WRITE_BUDGET: Final = 0.005
_CHECK_EVERY: Final = 500  # steps of SQLite's virtual machine
_NEVER: Final = float("inf")
_CLOSED: Final = "it was closed"


class Connection:
    """Runs jobs in the order they come, one at a time; a caller that goes away stops none of them."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._jobs: SimpleQueue[tuple[Job, asyncio.Future[Any]] | None] = SimpleQueue()
        self._pending = 0
        self._deadline = _NEVER
        self._watched = False
        self._raw: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself; touch it only when `idle`."""
        if self._raw is None:
            raise sqlite3.ProgrammingError(_CLOSED)
        return self._raw

    @property
    def closed(self) -> bool:
        """Whether there is nothing behind it any more."""
        return self._raw is None

    @property
    def idle(self) -> bool:
        """Whether the thread has nothing to do."""
        return not self._pending

    async def open(self) -> None:
        """Connect; raise `sqlite3.Error` if that fails."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="sqlite", daemon=True)
        self._thread.start()
        try:
            await self.submit(self._open)
        except BaseException:
            await self.close()
            raise

    def _open(self, _none: sqlite3.Connection) -> None:
        self._raw = self._connect()

    async def close(self) -> None:
        """Finish what was submitted, then disconnect; twice is as good as once."""
        thread = self._thread
        if thread is None:
            return
        closing = self.submit(self._close)
        self._jobs.put(None)
        self._thread = None
        await asyncio.shield(closing)
        thread.join()  # it has nothing left to do

    def _close(self, raw: sqlite3.Connection | None) -> None:
        if raw is not None:
            raw.close()
        self._raw = None

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Let the thread do *job* after what was submitted before."""
        loop = cast(asyncio.AbstractEventLoop, self._loop)
        future: asyncio.Future[T] = loop.create_future()
        if self._thread is None:
            future.set_exception(sqlite3.ProgrammingError(_CLOSED))
            return future
        if self._watched and not self._pending:
            self.raw.set_progress_handler(None, 0)
            self._watched = False
        self._pending += 1
        self._jobs.put((job, future))
        return future

    async def run(self, statement: Statement, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do *job*, which runs *statement*, here or in the thread; raise `sqlite3.Error`."""
        if self._pending or not statement.quick():
            return await self.submit(job)
        began = time.monotonic()
        if statement.reads:
            self._watch(began + _READ_BUDGET)
        try:
            return job(self.raw)
        except sqlite3.OperationalError as error:
            if not (statement.reads and primary_code(error) == sqlite3.SQLITE_INTERRUPT):
                raise
        finally:
            self._deadline = _NEVER
            if time.monotonic() - began > _WRITE_BUDGET:
                statement.was_slow()
        statement.was_slow()
        return await self.submit(job)

    def _watch(self, deadline: float) -> None:
        self._deadline = deadline
        if not self._watched:
            self.raw.set_progress_handler(self._overdue, _CHECK_EVERY)
            self._watched = True

    def _overdue(self) -> bool:
        return time.monotonic() > self._deadline

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                result, error = job(cast(sqlite3.Connection, self._raw)), None
            except Exception as caught:  # noqa: BLE001 - it belongs to whoever waits
                result, error = None, caught
            loop = future.get_loop()
            try:
                loop.call_soon_threadsafe(self._settle, future, result, error)
            except RuntimeError:  # the loop was closed: nobody waits any more
                continue
            del job, future, item, result, error

    def _settle(self, future: asyncio.Future[Any], result: object, error: Exception | None) -> None:
        self._pending -= 1
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def fetch(sql: str, args: Sequence[object]) -> Callable[[sqlite3.Connection], list[sqlite3.Row]]:
    """Return the job of fetching all rows of *sql*."""

    def job(raw: sqlite3.Connection) -> list[sqlite3.Row]:
        return raw.execute(sql, cast(Any, args)).fetchall()

    return job


def execute(sql: str, args: Sequence[object]) -> Callable[[sqlite3.Connection], int]:
    """Return the job of running *sql* and counting the rows it touched."""

    def job(raw: sqlite3.Connection) -> int:
        cursor = raw.execute(sql, cast(Any, args))
        cursor.fetchall()
        return max(cursor.rowcount, 0)

    return job


def execute_many(sql: str, rows: Sequence[Sequence[object]]) -> Callable[[sqlite3.Connection], None]:
    """Return the job of running *sql* for each of *rows*."""

    def job(raw: sqlite3.Connection) -> None:
        raw.executemany(sql, cast(Any, rows)).close()

    return job
