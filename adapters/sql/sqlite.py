"""The embedded engine: one file, one writer, several readers."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from typing_extensions import override

from submarine.adapters.sql.database import Dialect, Session
from submarine.adapters.sql.errors import of_sqlite
from submarine.adapters.sql.sqlite_connection import Connection
from submarine.adapters.sql.sqlite_session import SqliteSession
from submarine.adapters.sql.sqlite_writer import Writer
from submarine.core.errors import AdapterError, BusyError

_OLDEST_SQLITE: Final = (3, 35, 0)  # returning


class Snapshot(SqliteSession):
    """A transaction that only reads."""

    @override
    def _start(self) -> None:
        self._connection.raw.execute("begin")

    @override
    def _check(self) -> None:
        pass


class Readers:
    """Connections for reading, each serving one snapshot at a time."""

    def __init__(self, path: str, wait: float) -> None:
        self._path = path
        self._wait = wait
        self._free: deque[Connection] = deque()
        self._queue: deque[asyncio.Future[Connection]] = deque()

    def add(self, connection: Connection) -> None:
        """Take in *connection*, or take it back."""
        while self._queue:
            waiter = self._queue.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._free.append(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Open a snapshot; it is taken by its first statement."""
        connection = self._free.pop() if self._free else await self._wait_for_one()
        snapshot = Snapshot(connection, self._path, self._wait)
        try:
            yield snapshot
        finally:
            snapshot.close()
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        if connection.closed:
            return
        if connection.idle:
            _end(connection.raw)
            self.add(connection)
        else:  # nobody wants the answer any more
            connection.raw.interrupt()
            connection.submit(_end).add_done_callback(lambda _: self.add(connection))

    async def _wait_for_one(self) -> Connection:
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[Connection] = loop.create_future()
        self._queue.append(granted)
        patience = loop.call_later(self._wait, self._refuse, granted)
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.add(granted.result())
            raise
        finally:
            patience.cancel()

    def _refuse(self, granted: asyncio.Future[Connection]) -> None:
        if not granted.done():
            granted.set_exception(BusyError(f"no reader was free for {self._wait:g} s", self._wait))


def _end(raw: sqlite3.Connection) -> None:
    if raw.in_transaction:
        raw.execute("rollback")


class Sqlite:
    """One database file."""

    dialect: Final[Dialect] = "sqlite"

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self.writer = writer
        self._readers = readers

    def begin(self) -> AbstractAsyncContextManager[Session]:
        """Open a transaction; see `Writer`."""
        return self.writer.turn()

    def read(self) -> AbstractAsyncContextManager[Session]:
        """Open a snapshot; it waits for no writer."""
        return self._readers.snapshot()

    def glance(self) -> AbstractAsyncContextManager[Session]:
        """Open a snapshot too: here it costs nothing more."""
        return self._readers.snapshot()


@asynccontextmanager
async def open_sqlite(
    path: Path, *, readers: int = 4, synchronous: str = "full", wait: float = 10.0, hold: float = 30.0
) -> AsyncIterator[Sqlite]:
    """Open the database file *path*, making it if it is not there.

    *synchronous* is SQLite's: under ``full`` a commit is on the disk when it returns. Measured on a disk
    that syncs in 0.3 ms, transactions of three statements: 2,100 a second one after the other and
    20,500 from 64 writers, who share commits; under ``normal`` 6,100 and 25,200.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise AdapterError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")
    async with AsyncExitStack() as stack:

        async def connected(*, reads: bool) -> Connection:
            connection = Connection(lambda: _connect(path, synchronous, reads=reads))
            await connection.open()
            stack.push_async_callback(connection.close)
            return connection

        try:
            _create(path)
            writer = Writer(await connected(reads=False), str(path), wait, hold)
            pool = Readers(str(path), wait)
            for _ in range(readers):
                pool.add(await connected(reads=True))
        except sqlite3.Error as error:
            raise of_sqlite(error, str(path)) from error
        except OSError as error:
            raise AdapterError(f"the database {path} cannot be made: {error.strerror}") from error
        yield Sqlite(writer, pool)


def _create(path: Path) -> None:
    """Make the file with no rights for others: it holds the hashes of passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _connect(path: Path, synchronous: str, *, reads: bool) -> sqlite3.Connection:
    # No waiting inside SQLite but for switching to WAL: sessions wait in asyncio.
    raw = sqlite3.connect(
        path, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=1024
    )
    try:
        raw.row_factory = sqlite3.Row
        raw.create_function("incarnation", 0, partial(str, secrets.token_hex(8)), deterministic=True)
        raw.execute("pragma journal_mode = wal")
        raw.execute(f"pragma synchronous = {synchronous}")
        raw.execute("pragma foreign_keys = on")
        raw.execute("pragma temp_store = memory")
        raw.execute("pragma cache_size = -16000")  # KiB
        raw.execute(f"pragma journal_size_limit = {64 << 20}")
        raw.execute(f"pragma query_only = {int(reads)}")
        raw.execute("pragma busy_timeout = 0")
    except BaseException:
        raw.close()
        raise
    return raw
