"""Group commit: what is shared is the wait for the disk, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from submarine.adapters.sql.sqlite import Sqlite, open_sqlite
from submarine.core.errors import BusyError, SubmarineError, UnavailableError

ADD = "insert into t (a) values ($1)"


class OwnError(Exception):
    pass


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Sqlite]:
    async with open_sqlite(tmp_path / "t.db", readers=2, wait=5.0) as found:
        async with found.begin() as session:
            await session.script(
                "create table t (a text primary key); create table parents (p text primary key);"
            )
            await session.script(
                "create table children (p text references parents (p) deferrable initially deferred);"
            )
        yield found


async def content(database: Sqlite) -> list[str]:
    async with database.read() as session:
        return [row["a"] for row in await session.fetch("select a from t order by a")]


async def idle(database: Sqlite) -> None:
    """Wait for the last transaction to be over: nobody does for one of which all were cancelled."""
    async with asyncio.timeout(60):
        while database.writer.connection.raw.in_transaction:
            await asyncio.sleep(0.01)


def commits(database: Sqlite) -> list[str]:
    """Return the list that fills with the writer's statements."""
    seen: list[str] = []
    database.writer.connection.raw.set_trace_callback(seen.append)
    return seen


async def together(database: Sqlite, *transactions: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    """Start *transactions* so that they are one group."""
    async with database.begin():
        tasks = [asyncio.create_task(each) for each in transactions]
        await asyncio.sleep(0)
    return tasks


async def test_writers_that_wait_share_a_commit(database: Sqlite) -> None:
    seen = commits(database)

    async def add(n: int) -> None:
        async with database.begin() as session:
            await session.execute(ADD, f"{n:03}")

    await asyncio.gather(*(add(n) for n in range(100)))
    assert len(await content(database)) == 100
    assert seen.count("savepoint turn") == 100
    assert seen.count("commit") < 20


async def test_nobody_hears_of_success_before_the_commit(database: Sqlite) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "first")
            entered.set()

    async def second() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "second")
            await go.wait()

    one, two = await together(database, first(), second())
    await entered.wait()
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not one.done()  # second came into its group
    assert await content(database) == []
    go.set()
    await asyncio.gather(one, two)
    assert await content(database) == ["first", "second"]


async def test_a_failed_commit_fails_the_whole_group_and_no_later_one(database: Sqlite) -> None:
    async def add(name: str) -> None:
        async with database.begin() as session:
            await session.execute(ADD, name)

    async def orphan() -> None:
        async with database.begin() as session:
            await session.execute("insert into children (p) values ('nobody')")

    tasks = await together(database, add("a"), orphan(), add("b"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, UnavailableError) for result in results), results
    assert await content(database) == []
    await add("c")
    assert await content(database) == ["c"]


async def test_when_sqlite_gives_the_transaction_up_every_member_fails(database: Sqlite) -> None:
    async with database.begin() as session:
        await session.execute(ADD, "old")

    async def add(name: str) -> None:
        async with database.begin() as session:
            await session.execute(ADD, name)

    async def destroyer() -> None:
        async with database.begin() as session:
            with contextlib.suppress(SubmarineError):
                await session.execute("insert or rollback into t (a) values ('old')")
            await session.execute(ADD, "after")  # must not run outside of a transaction

    tasks = await together(database, add("a"), destroyer(), add("b"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], UnavailableError)
    assert isinstance(results[1], UnavailableError)
    assert results[2] is None
    assert await content(database) == ["b", "old"]


async def test_a_full_disk_is_said_and_passes(database: Sqlite) -> None:
    raw = database.writer.connection.raw
    pages = raw.execute("pragma page_count").fetchone()[0]
    raw.execute(f"pragma max_page_count = {pages + 2}")
    with pytest.raises(UnavailableError, match="no space is left"):  # noqa: PT012 - a transaction
        async with database.begin() as session:
            for n in range(1000):
                await session.execute(ADD, f"{n}" * 500)
    assert await content(database) == []
    raw.execute("pragma max_page_count = 100000")
    async with database.begin() as session:
        await session.execute(ADD, "a")
    assert await content(database) == ["a"]


async def test_waiting_for_a_turn_is_bounded(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", readers=1, wait=0.05) as database, database.begin():
        with pytest.raises(BusyError) as caught:
            async with database.begin():
                pass
        assert caught.value.retry_after > 0


async def test_who_gave_up_waiting_is_passed_over(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", readers=1, wait=5) as database:
        async with database.begin() as session:
            await session.script("create table t (a text);")

        async def add(name: str) -> None:
            async with database.begin() as session:
                await session.execute(ADD, name)

        async with database.begin():
            tasks = [asyncio.create_task(add(name)) for name in "abc"]
            await asyncio.sleep(0)
            tasks[0].cancel()
            tasks[1].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert isinstance(results[1], asyncio.CancelledError)
        assert await content(database) == ["c"]


async def test_a_turn_given_to_a_task_cancelled_in_the_same_moment_goes_on(database: Sqlite) -> None:
    async def add(name: str) -> None:
        async with database.begin() as session:
            await session.execute(ADD, name)

    for n in range(30):
        release = asyncio.Event()

        async def hold(release: asyncio.Event = release) -> None:
            async with database.begin():
                await release.wait()

        holder = asyncio.create_task(hold())
        await asyncio.sleep(0)
        doomed, other = asyncio.create_task(add(f"doomed{n}")), asyncio.create_task(add(f"other{n}"))
        await asyncio.sleep(0)
        release.set()
        for _ in range(n % 5):
            await asyncio.sleep(0)
        doomed.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(holder, doomed, other, return_exceptions=True)
        assert f"other{n}" in await content(database)


async def test_a_transaction_that_does_nothing_loses_its_turn_to_who_waits(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", readers=1, wait=10, hold=0.05) as database:
        async with database.begin() as session:
            await session.script("create table t (a text);")
        never = asyncio.Event()
        began = asyncio.Event()

        async def idle() -> None:
            async with database.begin() as session:
                await session.execute(ADD, "idle")
                began.set()
                await never.wait()
                await session.execute(ADD, "idle again")

        task = asyncio.create_task(idle())
        await began.wait()
        async with database.begin() as session:
            await session.execute(ADD, "b")
        never.set()
        with pytest.raises(UnavailableError, match="did nothing"):
            await task
        assert await content(database) == ["b"]


async def test_a_transaction_that_does_nothing_keeps_its_turn_while_nobody_waits(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", readers=1, hold=0.01) as database:
        async with database.begin() as session:
            await session.script("create table t (a text);")
            await asyncio.sleep(0.1)
            await session.execute(ADD, "a")
        assert await content(database) == ["a"]


async def test_after_a_time_out_inside_the_transaction_goes_on(database: Sqlite) -> None:
    slow = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 300000) "
    slow += "select max(i) from n"
    async with database.begin() as session:
        await session.execute(ADD, "a")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.005):
                await session.execute_many("delete from t where a = $1", [("x",)])
                await session.fetch(slow)
        await session.execute(ADD, "b")
    assert await content(database) == ["a", "b"]


async def test_a_cancelled_statement_ends_in_its_own_turn_and_the_loop_goes_on(database: Sqlite) -> None:
    begun, told = threading.Event(), threading.Event()

    def linger() -> int:
        begun.set()
        return int(told.wait(60))

    database.writer.connection.raw.create_function("linger", 0, linger)

    async def slow() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "slow")
            await session.execute("delete from t where linger()")

    async def other() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "other")

    task = asyncio.create_task(slow())
    assert await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not database.writer.connection.idle
    waiting = asyncio.create_task(other())
    for _ in range(20):  # the loop goes on, and the next has no turn yet
        await asyncio.sleep(0)
        assert not waiting.done()
    told.set()
    await waiting
    assert await content(database) == ["other"]


async def test_another_connections_lock_is_waited_for(database: Sqlite, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("begin immediate")

    async def add() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "a")

    task = asyncio.create_task(add())
    await asyncio.sleep(0.05)
    assert not task.done()
    other.execute("commit")
    other.close()
    await task
    assert await content(database) == ["a"]


@pytest.mark.parametrize("seed", range(6))
async def test_exactly_what_was_acknowledged_is_there(database: Sqlite, seed: int) -> None:
    """Transactions that fail, are cancelled and destroyed at random: each is all or nothing, none is lost."""
    dice = random.Random(seed)
    acknowledged: set[int] = set()
    refused: set[int] = set()

    async def transaction(n: int, kind: str, pause: int) -> None:
        try:
            async with database.begin() as session:
                await session.execute(ADD, f"{n}/1")
                for _ in range(pause):
                    await asyncio.sleep(0)
                if kind == "destroys":
                    await session.execute("insert or rollback into t (a) values ('x'), ('x')")
                if kind == "long":
                    await session.execute_many(ADD, [(f"{n}/{k}",) for k in range(3, 40)])
                    await session.execute("delete from t where a like $1 and a <> $2", f"{n}/%", f"{n}/1")
                if kind == "fails":
                    raise OwnError  # noqa: TRY301
                await session.execute(ADD, f"{n}/2")
            acknowledged.add(n)
        except (OwnError, SubmarineError):
            refused.add(n)

    kinds = ["good"] * 6 + ["fails", "long", "long", "destroys"]
    tasks = []
    for n in range(150):
        task = asyncio.create_task(transaction(n, dice.choice(kinds), dice.randrange(3)))
        tasks.append(task)
        if dice.random() < 0.3:
            asyncio.get_running_loop().call_later(dice.random() / 100, task.cancel)
        if dice.random() < 0.2:
            await asyncio.sleep(dice.random() / 200)
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks, return_exceptions=True)
    rows = await content(database)
    found = {int(row.partition("/")[0]) for row in rows}
    assert acknowledged <= found
    assert not refused & found
    assert len(rows) == 2 * len(found)  # each whole
    await idle(database)
