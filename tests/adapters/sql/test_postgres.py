"""What is peculiar to PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import ValidationError

from submarine.adapters.sql.config import PostgresConfig
from submarine.adapters.sql.migrations import migrate
from submarine.adapters.sql.postgres import Postgres, open_postgres
from submarine.core.errors import AdapterError, BusyError, UnavailableError
from submarine.core.events.event import Event, position
from submarine.core.records import RECORDS, Records
from submarine.plugins.registry import discover
from tests.clusters.postgres import PostgresServer

PID = "select pg_backend_pid() as pid"
KILL = "select pg_terminate_backend($1)"


def config(url: str, **options: object) -> PostgresConfig:
    return PostgresConfig.model_validate({"url": url, "min_connections": 0, "max_connections": 3, **options})


async def pid_of(database: Postgres) -> int:
    async with database.read() as session:
        row = await session.first(PID)
        assert row is not None
        return int(row["pid"])


async def test_a_full_pool_is_waited_for_and_then_busy(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, max_connections=1, wait_seconds=2.0)) as database:
        async with database.begin():
            with pytest.raises(BusyError) as caught:
                async with database.begin():
                    pass
        assert caught.value.retry_after > 0
        await pid_of(database)


async def test_a_connection_killed_while_idle_is_replaced(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, max_connections=1)) as database:
        first = await pid_of(database)
        async with open_postgres(config(postgres_url)) as other, other.begin() as session:
            await session.fetch(KILL, first)
            for _ in range(100):  # until it is dead
                if not await session.fetch("select 1 from pg_stat_activity where pid = $1", first):
                    break
                await asyncio.sleep(0.02)
        assert await pid_of(database) != first  # nobody noticed


async def test_a_connection_killed_in_a_transaction_is_unavailable_and_wrote_nothing(
    postgres_url: str,
) -> None:
    async with open_postgres(config(postgres_url)) as database:
        async with database.begin() as session:
            await session.script("create table t (a int);")
        with pytest.raises(UnavailableError):  # noqa: PT012 - a transaction
            async with database.begin() as session:
                await session.execute("insert into t (a) values (1)")
                row = await session.first(PID)
                assert row is not None
                async with database.begin() as other:
                    await other.fetch(KILL, row["pid"])
                for _ in range(100):
                    await session.execute("insert into t (a) values (2)")
                    await asyncio.sleep(0.01)
        async with database.begin() as session:
            assert await session.fetch("select a from t") == []


async def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, statement_seconds=0.1)) as database:
        with pytest.raises(UnavailableError, match="took too long"):
            async with database.begin() as session:
                await session.fetch("select pg_sleep(30)")
        await pid_of(database)


async def test_a_transaction_that_does_nothing_is_ended(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, idle_in_transaction_seconds=0.1)) as database:
        with pytest.raises(UnavailableError):  # noqa: PT012 - a transaction
            async with database.begin() as session:
                await session.fetch("select 1")
                for _ in range(100):
                    await asyncio.sleep(0.3)
                    await session.fetch("select 1")
        await pid_of(database)


async def test_two_in_each_others_way_end_with_one_told_to_come_again(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url)) as database:
        async with database.begin() as session:
            await session.script(
                "create table t (a int primary key, b int); insert into t values (1, 0), (2, 0);"
            )
        met = asyncio.Barrier(2)

        async def cross(first: int, second: int) -> None:
            async with database.begin() as session:
                await session.execute("update t set b = b + 1 where a = $1", first)
                await met.wait()
                await session.execute("update t set b = b + 1 where a = $1", second)

        results = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "UnavailableError"]


async def test_a_cancelled_query_frees_its_connection(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, max_connections=1)) as database:

        async def sleep() -> None:
            async with database.begin() as session:
                await session.fetch("select pg_sleep(60)")

        task = asyncio.create_task(sleep())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(20):
            await pid_of(database)


async def test_a_silent_server_is_unavailable_and_welcome_back(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    options = {"statement_seconds": 0.3, "connect_seconds": 0.5, "wait_seconds": 1, "max_connections": 1}
    async with open_postgres(config(postgres_url, **options)) as database:
        await pid_of(database)
        postgres_server.pause()
        try:
            for _ in range(2):
                with pytest.raises(UnavailableError):
                    await pid_of(database)
        finally:
            postgres_server.resume()
        await pid_of(database)


async def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as taken:  # bound and not listening: refuses
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://u@127.0.0.1:{taken.getsockname()[1]}/d"
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1"):
            async with open_postgres(config(url, min_connections=1, connect_seconds=2)):
                pass


async def test_a_wrong_password_is_for_the_operator_and_not_shown(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    url = urlunsplit(parts._replace(netloc=f"{parts.username}:open-sesame@{parts.hostname}:{parts.port}"))
    with pytest.raises(AdapterError) as caught:
        async with open_postgres(config(url, min_connections=1)):
            pass
    assert "open-sesame" not in str(caught.value)


async def test_the_password_may_stand_apart(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    url = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    settings = config(url, min_connections=1, password=parts.password)
    assert str(parts.password) not in repr(settings)
    async with open_postgres(settings) as database:
        await pid_of(database)


async def test_an_unknown_database_is_for_the_operator(postgres_url: str) -> None:
    with pytest.raises(AdapterError, match="nowhere"):
        async with open_postgres(
            config(urlunsplit(urlsplit(postgres_url)._replace(path="/nowhere")), min_connections=1)
        ):
            pass


async def test_a_pooler_in_transaction_mode_needs_no_prepared_statements(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, statement_cache=0)) as database:
        await migrate(database)
        async with database.begin() as session:
            for _ in range(3):
                await session.fetch("select name from users where name = $1", "ada")
            assert await session.fetch("select name from pg_prepared_statements") == []
            row = await session.first("select current_setting('statement_timeout') as t")
            assert row is not None
            assert row["t"] == "30s"
        async with database.read() as session:
            assert await session.fetch("select name from users") == []


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(ValidationError, match="postgresql://"):
        PostgresConfig(url="mysql://somewhere")


async def test_a_server_that_was_restarted_is_found_again(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    async with open_postgres(config(postgres_url, wait_seconds=2, connect_seconds=1)) as database:
        async with database.begin(), database.begin():  # two connections in the pool
            pass
        postgres_server.stop()
        try:
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    async with database.begin() as session:
                        await session.execute("create table t (a int)")
        finally:
            postgres_server.start()
        for _ in range(3):
            async with database.begin() as session, database.begin():
                await session.execute("create table t (a int)")
                await session.execute("drop table t")


async def test_a_glance_sees_what_is_committed_and_gives_its_connection_back(postgres_url: str) -> None:
    async with open_postgres(config(postgres_url, max_connections=1, wait_seconds=2.0)) as database:
        for _ in range(2):
            async with database.glance() as session:
                row = await session.first("select pg_current_xact_id_if_assigned() is null as idle")
                assert row is not None
                assert row["idle"]


async def test_a_glance_through_a_pooler_has_its_time_limit(postgres_url: str) -> None:
    async with (
        open_postgres(config(postgres_url, statement_cache=0)) as database,
        database.glance() as session,
    ):
        row = await session.first("select current_setting('statement_timeout') as t")
        assert row is not None
        assert row["t"] == "30s"


async def test_a_number_that_was_given_out_again_after_a_failover_is_told(postgres_url: str) -> None:
    async with discover().open(RECORDS, "postgres", {"url": postgres_url}) as records:
        async with records.begin() as tx:
            await tx.events.append([Event(at=1, project="p", job="j", type="job.state")])
        async with asyncio.timeout(30):
            while not (cursor := await _last(records)):
                await asyncio.sleep(0.05)
        transaction, number = position(cursor)
        async with records.read() as tx:
            assert not await tx.events.beyond(cursor)
            assert await tx.events.beyond(f"{transaction - 1}-{number}")


async def _last(records: Records) -> str:
    async with records.read() as tx:
        return await tx.events.last()


async def test_a_dump_of_another_database_shows_its_events(postgres_url: str) -> None:
    adapter = {"url": postgres_url}
    async with discover().open(RECORDS, "postgres", adapter) as records, records.begin() as tx:
        await tx.events.append([Event(at=1, project="p", job="j", type="job.state")])
    async with open_postgres(config(postgres_url)) as database, database.begin() as session:
        await session.execute("update events set xid = 1000000000000")
    async with discover().open(RECORDS, "postgres", adapter) as records:
        async with records.begin() as tx:
            await tx.events.append([Event(at=2, project="p", job="j", type="job.state")])
        async with asyncio.timeout(30):
            while True:
                async with records.read() as tx:
                    found = [event.at for event in await tx.events.after("", job="j")]
                if found == [1, 2]:
                    break
                await asyncio.sleep(0.05)
