"""The schema grows, once, forward."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from submarine.adapters.sql.config import PostgresConfig
from submarine.adapters.sql.database import Database
from submarine.adapters.sql.migrations import migrate, plan
from submarine.adapters.sql.postgres import open_postgres
from submarine.adapters.sql.records import SqlRecords
from submarine.adapters.sql.scripts import Script, bundled
from submarine.adapters.sql.sqlite import open_sqlite
from submarine.core.errors import AdapterError, ConflictError, UnavailableError
from submarine.core.records import Migratable
from tests.adapters.sql.engines import ENGINES

ONE = Script(1, "0001_one.sql", "create table one (a integer);\ninsert into one (a) values (1);\n")
TWO = Script(2, "0002_two.sql", "create table two (a integer); -- a; b\ninsert into two (a) values (1);\n")


@pytest.fixture(params=ENGINES)
async def servers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[Database]]:
    """Three servers on one empty database."""
    async with AsyncExitStack() as stack:
        if request.param == "sqlite":
            opened = [open_sqlite(tmp_path / "t.db", readers=1, wait=30) for _ in range(3)]
            yield [await stack.enter_async_context(each) for each in opened]
        else:
            url = request.getfixturevalue("postgres_url")
            config = PostgresConfig(url=url, min_connections=0, max_connections=2)
            yield [await stack.enter_async_context(open_postgres(config)) for _ in range(3)]


async def rows(database: Database, table: str) -> int:
    async with database.read() as session:
        return len(await session.fetch(f"select a from {table}"))


async def test_each_script_is_applied_once_in_order(servers: list[Database]) -> None:
    assert await plan(servers[0], [ONE, TWO]) == [ONE, TWO]
    assert await migrate(servers[0], [ONE]) == [ONE]
    assert await plan(servers[0], [ONE, TWO]) == [TWO]
    assert await migrate(servers[0], [ONE, TWO]) == [TWO]
    assert await migrate(servers[0], [ONE, TWO]) == []
    assert (await rows(servers[0], "one"), await rows(servers[0], "two")) == (1, 1)


async def test_servers_that_start_at_once_apply_each_script_once(servers: list[Database]) -> None:
    done = await asyncio.gather(*(migrate(server, [ONE, TWO]) for server in servers))
    assert sorted(script.number for scripts in done for script in scripts) == [1, 2]
    assert (await rows(servers[0], "one"), await rows(servers[0], "two")) == (1, 1)


async def test_a_script_that_fails_leaves_nothing_of_itself(servers: list[Database]) -> None:
    broken = Script(
        2, "0002_broken.sql", "create table two (a integer);\ninsert into nowhere (a) values (1);\n"
    )
    with pytest.raises((AdapterError, ConflictError)):
        await migrate(servers[0], [ONE, broken])
    assert await plan(servers[0], [ONE, TWO]) == [TWO]
    assert await migrate(servers[0], [ONE, TWO]) == [TWO]


async def test_a_newer_schema_is_refused_in_one_sentence(servers: list[Database]) -> None:
    await migrate(servers[0], [ONE, TWO])
    for refused in (plan, migrate):
        with pytest.raises(AdapterError, match=r"number 2, this server knows 1: it needs a newer server"):
            await refused(servers[0], [ONE])


async def test_a_script_changed_after_the_fact_is_noticed(servers: list[Database]) -> None:
    await migrate(servers[0], [ONE])
    other = Script(1, "0001_one.sql", ONE.text + "\n")
    with pytest.raises(AdapterError, match="0001_one"):
        await migrate(servers[0], [other])


async def test_records_tell_what_is_missing_and_are_ready_after(servers: list[Database]) -> None:
    records = SqlRecords(servers[0])
    assert isinstance(records, Migratable)
    with pytest.raises(UnavailableError, match="submarine server migrate"):
        await records.ping()
    names = [script.name for script in bundled()]
    assert await records.plan() == names
    assert await records.migrate() == names
    assert await records.plan() == []
    await records.ping()


def test_bundled_scripts_are_numbered_without_gaps() -> None:
    assert [script.number for script in bundled()] == list(range(1, len(bundled()) + 1))
