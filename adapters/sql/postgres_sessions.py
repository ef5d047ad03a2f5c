"""What is asked of PostgreSQL on one connection: in a transaction, or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast

import asyncpg
from typing_extensions import override

from submarine.adapters.sql.binary_copy import binary_copy
from submarine.adapters.sql.database import Dialect, Row
from submarine.adapters.sql.errors import is_lost, of_postgres
from submarine.adapters.sql.inserts import FEW, Inserts
from submarine.adapters.sql.scripts import section
from submarine.core.errors import AdapterError, InvalidError, SubmarineError, UnavailableError

if TYPE_CHECKING:
    Proxy = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Transaction = asyncpg.transaction.Transaction

T = TypeVar("T")

# TimeoutError is an OSError
FAILURES: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_ATTEMPTS: Final = 3


class PostgresSession:
    """Statements on one connection.

    Small inserts wait until something else is asked, or the commit, and then go together in one round
    trip; what is wrong with them is said then. *renew* takes a dead connection, and returns another.
    """

    dialect: Final[Dialect] = "postgres"

    def __init__(self, connection: Proxy, where: str, renew: Callable[[Proxy], Awaitable[Proxy]]) -> None:
        self._connection = connection
        self._where = where
        self._renew = renew
        self._waiting = Inserts()
        self._closed = False
        self.lost = False

    @property
    def connection(self) -> Proxy:
        """The connection used last."""
        return self._connection

    def close(self) -> None:
        """Refuse whatever comes after: the connection may be another's by then."""
        self._closed = True

    async def flush(self) -> None:
        """Send the inserts that wait."""
        if self._waiting:
            try:
                sql, args = self._waiting.take()
                await self._open.execute(sql, *args)
            except Exception as error:
                raise self.translated(error) from error

    async def fetch(self, sql: str, *args: object) -> Sequence[Row]:
        """Run *sql* and return its rows."""
        await self.flush()
        try:
            return cast(Sequence[Row], await self._open.fetch(sql, *args))
        except Exception as error:
            raise self.translated(error) from error

    async def first(self, sql: str, *args: object) -> Row | None:
        """Return the first row of *sql*, if any."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def execute(self, sql: str, *args: object) -> int:
        """Run *sql* and return the number of rows it touched."""
        await self.flush()
        try:
            tag = await self._open.execute(sql, *args)
        except Exception as error:
            raise self.translated(error) from error
        count = tag.rpartition(" ")[2]  # "INSERT 0 3", "UPDATE 2", "CREATE TABLE"
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run *sql* once for each of *rows*, in one round trip or a few."""
        await self.flush()
        try:
            await self._open.executemany(sql, rows)
        except Exception as error:
            raise self.translated(error) from error

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert *rows* into *table*: a few with what else is inserted, many by COPY."""
        if len(rows) <= FEW and self._waiting.add(table, columns, rows):
            return
        await self.flush()
        try:
            await self._open.copy_records_to_table(table, columns=columns, records=rows)
        except Exception as error:
            raise self.translated(error) from error

    async def copy_numbers(
        self, table: str, columns: Sequence[str], kinds: str, values: Sequence[Sequence[float | None]]
    ) -> None:
        """Insert rows of numbers, given by column, into *table*."""
        if len(values[0]) <= FEW:
            await self.copy(table, columns, list(zip(*values, strict=True)))
            return
        await self.flush()
        try:
            source = _once(binary_copy(kinds, values))
            await self._open.copy_to_table(table, source=source, columns=columns, format="binary")
        except Exception as error:
            raise self.translated(error) from error

    async def script(self, sql: str) -> None:
        """Run the statements of *sql* that are for PostgreSQL."""
        text = section(sql, self.dialect)
        if not text.strip():  # nothing of it is for PostgreSQL, and asyncpg stumbles over an empty query
            return
        await self.flush()
        try:
            await self._open.execute(text, timeout=None)
        except Exception as error:
            raise self.translated(error) from error

    def translated(self, error: Exception) -> SubmarineError:
        """Return what *error* means, and take note if the connection is of no use any more."""
        if isinstance(error, SubmarineError):
            return error
        if isinstance(error, (OverflowError, UnicodeEncodeError, asyncpg.DataError)):
            return InvalidError(f"the records cannot hold this: {error}")
        self.lost = self.lost or is_lost(error) or isinstance(error, OSError)
        return of_postgres(error, self._where)

    @property
    def _open(self) -> Proxy:
        if self._closed:
            raise AdapterError("this transaction is over: it serves one block, in one task")
        return self._connection

    async def _tried(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what *attempt* returns, which may be made twice: a dead connection in the pool shows now."""
        for _ in range(1, _ATTEMPTS):
            try:
                return await attempt()
            except UnavailableError as error:
                if not isinstance(error.__cause__, Exception) or not is_lost(error.__cause__):
                    raise
            self._connection = await self._renew(self._connection)
            self.lost = False
        return await attempt()


class PostgresTransaction(PostgresSession):
    """Statements that hold together.

    It begins with the first of them that is no small insert. Where there are only such, they are one
    statement, which PostgreSQL commits by itself: two of three round trips are saved.
    """

    def __init__(
        self,
        connection: Proxy,
        where: str,
        renew: Callable[[Proxy], Awaitable[Proxy]],
        preamble: str,
        *,
        reads: bool,
    ) -> None:
        super().__init__(connection, where, renew)
        self._preamble = preamble
        self._reads = reads
        self._begun: Transaction | None = None

    @override
    async def flush(self) -> None:
        if self._begun is None:
            self._begun = await self._tried(self._begin)
        await super().flush()

    async def commit(self) -> None:
        """Make durable what was done."""
        if self._begun is None and not self._preamble:  # with a preamble time limits hold in here only
            await super().flush()
        elif self._begun is not None or self._waiting:
            await self.flush()
            await self._end(commit=True)
        self.close()

    async def roll_back(self) -> None:
        """Undo what was not committed; twice is as good as once."""
        self.close()
        if self._begun is not None:
            with suppress(SubmarineError):  # the connection is gone, and it with it
                await self._end(commit=False)

    async def _begin(self) -> Transaction:
        transaction = self._open.transaction(
            isolation="repeatable_read" if self._reads else "read_committed", readonly=self._reads
        )
        try:
            await transaction.start()
            if self._preamble:
                await self._connection.execute(self._preamble)
        except FAILURES as error:
            raise self.translated(error) from error
        return transaction

    async def _end(self, *, commit: bool) -> None:
        transaction, self._begun = self._begun, None
        if transaction is None:
            return
        try:
            await (transaction.commit() if commit else transaction.rollback())
        except FAILURES as error:
            raise self.translated(error) from error


class PostgresGlance(PostgresSession):
    """Statements without a transaction around them; the server would commit each, so none may write."""

    @override
    async def fetch(self, sql: str, *args: object) -> Sequence[Row]:
        return await self._tried(partial(super().fetch, sql, *args))

    @override
    async def execute(self, sql: str, *args: object) -> int:
        raise AdapterError("a glance is for reading only")

    @override
    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        raise AdapterError("a glance is for reading only")

    @override
    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        raise AdapterError("a glance is for reading only")

    @override
    async def copy_numbers(
        self, table: str, columns: Sequence[str], kinds: str, values: Sequence[Sequence[float | None]]
    ) -> None:
        raise AdapterError("a glance is for reading only")

    @override
    async def script(self, sql: str) -> None:
        raise AdapterError("a glance is for reading only")


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data  # asyncpg takes bytes themselves for the name of a file
