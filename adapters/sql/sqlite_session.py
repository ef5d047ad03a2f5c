"""A transaction on SQLite, as the stores see it."""

from __future__ import annotations

import abc
import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from submarine.adapters.sql import sqlite_connection as jobs
from submarine.adapters.sql.database import Dialect, Row
from submarine.adapters.sql.errors import BUSY, of_sqlite, primary_code
from submarine.adapters.sql.scripts import section
from submarine.adapters.sql.sqlite_connection import Connection
from submarine.adapters.sql.statements import Statement, insertion, statement
from submarine.core.errors import AdapterError, InvalidError, SubmarineError

T = TypeVar("T")

_FEW: Final = 16  # rows that may be written on the loop
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05


class SqliteSession(abc.ABC):
    """Begins with its first statement, so that what only opens and closes costs nothing."""

    dialect: Final[Dialect] = "sqlite"

    def __init__(self, connection: Connection, path: str, wait: float) -> None:
        self._connection = connection
        self._path = path
        self._wait = wait
        self._begun = False
        self._closed: SubmarineError | None = None
        self.touched = asyncio.get_running_loop().time()

    @property
    def begun(self) -> bool:
        """Whether SQLite knows of it yet."""
        return self._begun

    async def fetch(self, sql: str, *args: object) -> Sequence[Row]:
        """Run *sql* and return its rows."""
        found = statement(sql)
        return await self._run(found, jobs.fetch(found.sql, found.arguments(args)))

    async def first(self, sql: str, *args: object) -> Row | None:
        """Return the first row of *sql*, if any."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def execute(self, sql: str, *args: object) -> int:
        """Run *sql* and return the number of rows it touched."""
        found = statement(sql)
        return await self._run(found, jobs.execute(found.sql, found.arguments(args)))

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run *sql* once for each of *rows*, in one go."""
        if rows:
            found = statement(sql)
            job = jobs.execute_many(found.sql, [found.arguments(row) for row in rows])
            await self._run(found if len(rows) <= _FEW else _LONG, job)

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert *rows* into *table*."""
        await self.execute_many(insertion(table, tuple(columns)), rows)

    async def copy_numbers(
        self, table: str, columns: Sequence[str], _kinds: str, values: Sequence[Sequence[float | None]]
    ) -> None:
        """Insert rows, given by column, into *table*."""
        await self.copy(table, columns, list(zip(*values, strict=True)))

    async def script(self, sql: str) -> None:
        """Run the statements of *sql* that are for SQLite, one after the other."""
        text = ""
        for piece in section(sql, self.dialect).split(";"):
            text += piece + ";"
            if sqlite3.complete_statement(text):  # no semicolon in a literal, a comment or a trigger
                await self._run(_LONG, jobs.execute(text, ()))
                text = ""

    def close(self, why: SubmarineError | None = None) -> None:
        """Refuse whatever comes after."""
        if self._closed is None:
            self._closed = why or AdapterError("this transaction is over: it serves one block, in one task")

    @abc.abstractmethod
    def _start(self) -> None:
        """Begin; raise `sqlite3.Error`."""

    @abc.abstractmethod
    def _check(self) -> None:
        """Raise `SubmarineError` if the transaction is over although its block is not."""

    async def _run(self, found: Statement, job: Callable[[sqlite3.Connection], T]) -> T:
        while not self._connection.idle:  # a statement that was cancelled is still at work
            await self._connection.submit(nothing)
        if self._closed is not None:
            raise self._closed
        try:
            if not self._begun:
                await self._patiently(self._begin)
            self._check()
            result = await self._patiently(lambda: self._connection.run(found, job))
        except sqlite3.Error as error:
            raise of_sqlite(error, self._path) from error
        except (OverflowError, UnicodeEncodeError) as error:  # more than 64 bits; half a character
            raise InvalidError(f"the records cannot hold this: {error}") from error
        self.touched = asyncio.get_running_loop().time()
        return result

    async def _begin(self) -> None:
        self._start()
        self._begun = True

    async def _patiently(self, attempt: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Repeat *attempt* while another process has the lock, until the patience is over.

        SQLite's own waiting would block the loop. A statement that meets a lock has had no effect.
        """
        pause, until = _FIRST_PAUSE, 0.0
        while True:
            try:
                return await attempt()
            except sqlite3.OperationalError as error:
                now = asyncio.get_running_loop().time()
                until = until or now + self._wait
                if primary_code(error) not in BUSY or now >= until:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


_LONG: Final = Statement("pragma long")  # never quick


def nothing(_raw: sqlite3.Connection) -> None:
    """Do nothing, when its turn comes."""
