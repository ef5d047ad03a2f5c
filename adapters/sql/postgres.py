"""The engine for more than one server, or more than one machine: PostgreSQL by asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg
from typing_extensions import override

from submarine.adapters.sql.database import Dialect, Session
from submarine.adapters.sql.errors import of_postgres
from submarine.adapters.sql.postgres_sessions import (
    FAILURES,
    PostgresGlance,
    PostgresTransaction,
)
from submarine.core.errors import AdapterError, BusyError

if TYPE_CHECKING:
    from submarine.adapters.sql.config import PostgresConfig

    Proxy = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
    AnyConnection = asyncpg.Connection[asyncpg.Record]
else:
    AnyConnection = asyncpg.Connection  # generic in the stubs alone

_RELEASE_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 5.0  # that a server may be late with its own statement_timeout


class PlainConnection(AnyConnection):
    """A connection whose return to the pool costs no round trip.

    Nothing here changes a connection's settings for longer than a transaction, so there is nothing to
    reset; a transaction left open is still rolled back.
    """

    @override
    def get_reset_query(self) -> str:
        return ""


class Postgres:
    """A pool of connections."""

    dialect: Final[Dialect] = "postgres"

    def __init__(self, pool: Pool, where: str, wait: float, preamble: str = "") -> None:
        self._pool = pool
        self._where = where
        self._wait = wait
        self._preamble = preamble

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """Open a transaction (read committed)."""
        async with self._opened(reads=False) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """Open a snapshot (repeatable read, read only)."""
        async with self._opened(reads=True) as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Session]:
        """Open what reads without a transaction around it, which saves two of three round trips."""
        if self._preamble:  # a pooler, and time limits hold within a transaction only
            async with self.read() as session:
                yield session
            return
        session = PostgresGlance(await self._acquire(), self._where, self._renewed)
        try:
            yield session
        finally:
            session.close()
            await self._give_back(session.connection, usable=not session.lost)

    async def _renewed(self, connection: Proxy) -> Proxy:
        await self._give_back(connection, usable=False)
        return await self._acquire()

    @asynccontextmanager
    async def _opened(self, *, reads: bool) -> AsyncIterator[PostgresTransaction]:
        connection = await self._acquire()
        session = PostgresTransaction(connection, self._where, self._renewed, self._preamble, reads=reads)
        try:
            yield session
        finally:
            try:
                await session.roll_back()
            finally:
                await self._give_back(session.connection, usable=not session.lost)

    async def _acquire(self) -> Proxy:
        try:
            return await self._pool.acquire(timeout=self._wait)
        except TimeoutError as error:
            if self._pool.get_size() >= self._pool.get_max_size() and not self._pool.get_idle_size():
                message = f"no connection to {self._where} was free for {self._wait:g} s"
                raise BusyError(message, self._wait) from error
            raise of_postgres(error, self._where) from error
        except FAILURES as error:
            raise of_postgres(error, self._where) from error

    async def _give_back(self, connection: Proxy, *, usable: bool) -> None:
        with suppress(*FAILURES):  # what died meanwhile has left the pool by itself
            if not usable:
                connection.terminate()  # the next to acquire its place gets a new one
            await self._pool.release(connection, timeout=_RELEASE_SECONDS)
            return
        with suppress(*FAILURES):
            connection.terminate()


@asynccontextmanager
async def open_postgres(config: PostgresConfig) -> AsyncIterator[Postgres]:
    """Connect as *config* says.

    Raise `UnavailableError` if nobody answers, `AdapterError` if we are refused.
    """
    where = _where(config.url)
    limits = {
        "statement_timeout": str(int(config.statement_seconds * 1000)),
        "idle_in_transaction_session_timeout": str(int(config.idle_in_transaction_seconds * 1000)),
    }
    # A pooler hands each transaction another connection, and refuses what it does not know at the start.
    pooled = config.statement_cache == 0
    preamble = "; ".join(f"set local {name} = {value}" for name, value in limits.items()) if pooled else ""
    try:
        pool = await asyncpg.create_pool(
            config.url,
            password=config.password.get_secret_value() if config.password else None,
            min_size=min(config.min_connections, config.max_connections),
            max_size=config.max_connections,
            timeout=config.connect_seconds,
            # The server's statement_timeout speaks first; this is for a server that is silent.
            command_timeout=config.statement_seconds + min(_GRACE_SECONDS, config.statement_seconds),
            statement_cache_size=config.statement_cache,
            connection_class=PlainConnection,
            server_settings={"application_name": "submarine", **({} if pooled else limits)},
        )
    except (*FAILURES, ValueError) as error:
        if "unsupported startup parameter" in str(error):
            raise AdapterError(f"{where} is a pooler: set statement_cache = 0") from error
        raise of_postgres(error, where) from error
    try:
        yield Postgres(pool, where, config.wait_seconds, preamble)
    finally:
        await _close(pool)


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except FAILURES:
        pool.terminate()


def _where(url: str) -> str:
    """Return *url* without what is secret in it."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}{f':{parts.port}' if parts.port else ''}{parts.path}"
