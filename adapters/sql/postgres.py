"""The engine for more than one server, or more than one machine: PostgreSQL by asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import asyncpg
from typing_extensions import override

from submarine.adapters.sql.database import Dialect, Row, Session
from submarine.adapters.sql.errors import of_postgres
from submarine.adapters.sql.scripts import section
from submarine.core.errors import BusyError, InvalidError, SubmarineError

if TYPE_CHECKING:
    from submarine.adapters.sql.config import PostgresConfig

    Proxy = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
    AnyConnection = asyncpg.Connection[asyncpg.Record]
else:
    AnyConnection = asyncpg.Connection  # generic in the stubs alone


class PlainConnection(AnyConnection):
    """A connection whose return to the pool costs no round trip.

    Nothing here changes a connection's settings for longer than a transaction, so there is nothing to
    reset; a transaction left open is still rolled back.
    """

    @override
    def get_reset_query(self) -> str:
        return ""


class PostgresSession:
    """One transaction."""

    dialect: Final[Dialect] = "postgres"

    def __init__(self, connection: Proxy, where: str) -> None:
        self._connection = connection
        self._where = where

    async def fetch(self, sql: str, *args: object) -> Sequence[Row]:
        """Run *sql* and return its rows."""
        try:
            return cast(Sequence[Row], await self._connection.fetch(sql, *args))
        except Exception as error:
            raise self._translated(error) from error

    async def first(self, sql: str, *args: object) -> Row | None:
        """Return the first row of *sql*, if any."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def execute(self, sql: str, *args: object) -> int:
        """Run *sql* and return the number of rows it touched."""
        try:
            tag = await self._connection.execute(sql, *args)
        except Exception as error:
            raise self._translated(error) from error
        count = tag.rpartition(" ")[2]  # "INSERT 0 3", "UPDATE 2", "CREATE TABLE"
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run *sql* once for each of *rows*, in one round trip or a few."""
        try:
            await self._connection.executemany(sql, rows)
        except Exception as error:
            raise self._translated(error) from error

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert *rows* into *table* by COPY."""
        try:
            await self._connection.copy_records_to_table(table, columns=columns, records=rows)
        except Exception as error:
            raise self._translated(error) from error

    async def script(self, sql: str) -> None:
        """Run the statements of *sql* that are for PostgreSQL."""
        try:
            await self._connection.execute(section(sql, self.dialect), timeout=None)
        except Exception as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> SubmarineError:
        if isinstance(error, (OverflowError, asyncpg.DataError)):
            return InvalidError(f"the records cannot hold this: {error}")
        return of_postgres(error, self._where)


class Postgres:
    """A pool of connections."""

    dialect: Final[Dialect] = "postgres"

    def __init__(self, pool: Pool, where: str, wait: float) -> None:
        self._pool = pool
        self._where = where
        self._wait = wait

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """Open a transaction (read committed)."""
        async with self._connection() as connection:
            session = PostgresSession(connection, self._where)
            transaction = connection.transaction()
            await self._step(transaction.start())
            try:
                yield session
            except BaseException:
                await self._roll_back(transaction)
                raise
            await self._step(transaction.commit())

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """Open a snapshot (repeatable read, read only)."""
        async with self._connection() as connection:
            transaction = connection.transaction(isolation="repeatable_read", readonly=True)
            await self._step(transaction.start())
            try:
                yield PostgresSession(connection, self._where)
            finally:
                await self._roll_back(transaction)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Proxy]:
        try:
            connection = await self._pool.acquire(timeout=self._wait)
        except TimeoutError as error:
            if self._pool.get_size() >= self._pool.get_max_size() and not self._pool.get_idle_size():
                raise BusyError(
                    f"no connection to {self._where} was free for {self._wait:g} s", self._wait
                ) from error
            raise of_postgres(error, self._where) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise of_postgres(error, self._where) from error
        try:
            yield connection
        finally:
            await self._give_back(connection)

    async def _give_back(self, connection: Proxy) -> None:
        try:
            await self._pool.release(connection)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()  # the next one to acquire gets a new one

    async def _step(self, step: Any) -> None:
        try:
            await step
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise of_postgres(error, self._where) from error

    async def _roll_back(self, transaction: asyncpg.transaction.Transaction) -> None:
        try:
            await transaction.rollback()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return  # the connection is gone, and the transaction with it; the first error is what counts


@asynccontextmanager
async def open_postgres(config: PostgresConfig) -> AsyncIterator[Postgres]:
    """Connect as *config* says.

    Raise `UnavailableError` if nobody answers, `AdapterError` if we are refused.
    """
    where = _where(config.url)
    settings = {
        "application_name": "submarine",
        "statement_timeout": str(int(config.statement_seconds * 1000)),
        "idle_in_transaction_session_timeout": str(int(config.idle_in_transaction_seconds * 1000)),
        "timezone": "UTC",
    }
    try:
        pool = await asyncpg.create_pool(
            config.url,
            password=config.password.get_secret_value() if config.password else None,
            min_size=min(config.min_connections, config.max_connections),
            max_size=config.max_connections,
            timeout=config.connect_seconds,
            # The server's statement_timeout speaks first; this is for a server that is silent.
            command_timeout=config.statement_seconds + 5,
            statement_cache_size=config.statement_cache,
            connection_class=PlainConnection,
            server_settings=settings,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise of_postgres(error, where) from error
    try:
        yield Postgres(pool, where, config.wait_seconds)
    finally:
        await _close(pool)


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        pool.terminate()


def _where(url: str) -> str:
    """Return *url* without what is secret in it."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"
