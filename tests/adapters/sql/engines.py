"""Opens both engines with the whole schema, for tests of one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from submarine.adapters.sql.config import PostgresConfig
from submarine.adapters.sql.database import Database, Session
from submarine.adapters.sql.migrations import migrate
from submarine.adapters.sql.postgres import open_postgres
from submarine.adapters.sql.scripts import Script
from submarine.adapters.sql.sqlite import open_sqlite

ENGINES = ("sqlite", "postgres")


def opened(
    engine: str, folder: Path, request: pytest.FixtureRequest, scripts: Sequence[Script] | None = None
) -> AbstractAsyncContextManager[Database]:
    """Open a fresh database of *engine* for one test, with the schema of *scripts* (all, if not given)."""
    url = request.getfixturevalue("postgres_url") if engine == "postgres" else ""
    return opened_at(engine, folder, url, scripts)


@asynccontextmanager
async def opened_at(
    engine: str, folder: Path, url: str, scripts: Sequence[Script] | None = None
) -> AsyncIterator[Database]:
    """Open the database of *engine* in *folder* or at *url*, and bring its schema."""
    if engine == "sqlite":
        async with open_sqlite(folder / "records.db", readers=2, synchronous="off", wait=10.0) as sqlite:
            await migrate(sqlite, scripts)
            yield sqlite
    else:
        async with open_postgres(PostgresConfig(url=url, min_connections=0, max_connections=6)) as postgres:
            await migrate(postgres, scripts)
            yield postgres


async def add_experiments(session: Session, *ids: str) -> None:
    """Insert bare experiments."""
    columns = ("id", "project", "name", "description", "framework", "created_by", "created")
    rows = [(experiment, "p", f"n-{experiment}", "", "none", "ada", 1) for experiment in ids]
    await session.copy("experiments", columns, rows)
