"""Offers SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.sql.config import MemoryConfig, PostgresConfig, SqliteConfig
from submarine.core.records import RECORDS, Records
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _open_sqlite(config: SqliteConfig) -> AsyncIterator[Records]:
    from submarine.adapters.sql.records import SqlRecords
    from submarine.adapters.sql.sqlite import open_sqlite

    async with open_sqlite(
        config.path, readers=config.readers, synchronous=config.synchronous, wait=config.wait_seconds
    ) as database:
        records = SqlRecords(database)
        if config.migrate:
            await records.migrate()
        yield records


@asynccontextmanager
async def _open_memory(_config: MemoryConfig) -> AsyncIterator[Records]:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    # A file after all: SQLite has snapshots beside a writer only for files. Nothing is synced to disk.
    with TemporaryDirectory(prefix="submarine-") as folder:
        config = SqliteConfig(path=Path(folder) / "records.db", synchronous="off")
        async with _open_sqlite(config) as records:
            yield records


@asynccontextmanager
async def _open_postgres(config: PostgresConfig) -> AsyncIterator[Records]:
    from submarine.adapters.sql.events import settle
    from submarine.adapters.sql.postgres import open_postgres
    from submarine.adapters.sql.records import SqlRecords

    async with open_postgres(config) as database:
        records = SqlRecords(database)
        if config.migrate:
            await records.migrate()
            await settle(database)
        yield records


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the record keepers."""
    yield Adapter(
        port=RECORDS,
        name="sqlite",
        config=SqliteConfig,
        open=_open_sqlite,
        summary="metadata in one SQLite file beside the server",
    )
    yield Adapter(
        port=RECORDS,
        name="postgres",
        config=PostgresConfig,
        open=_open_postgres,
        summary="metadata in PostgreSQL",
    )
    yield Adapter(
        port=RECORDS,
        name="memory",
        config=MemoryConfig,
        open=_open_memory,
        summary="metadata that is gone when the server ends",
    )
