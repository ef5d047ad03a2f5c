"""What both engines promise."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from submarine.adapters.sql.database import Database
from submarine.core.errors import AdapterError, ConflictError, InvalidError, SubmarineError

ADD = """
insert into users (id, name, email, display_name, admin, disabled, version, created)
values ($1, $1, '', '', 0, 0, 1, $2)
"""
NAMES = "select name from users order by name"
COLUMNS = ("id", "name", "email", "display_name", "admin", "disabled", "version", "created")


class OwnError(Exception):
    pass


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return [row["name"] for row in await session.fetch(NAMES)]


def person(name: str) -> tuple[object, ...]:
    return name, name, "", "", 0, 0, 1, 0


async def test_what_was_committed_is_there(database: Database) -> None:
    async with database.begin() as session:
        assert await session.execute(ADD, "ada", 1) == 1
    assert await names(database) == ["ada"]


async def test_an_error_takes_everything_back(database: Database) -> None:
    with pytest.raises(OwnError):  # noqa: PT012 - a transaction
        async with database.begin() as session:
            await session.execute(ADD, "ada", 1)
            raise OwnError
    assert await names(database) == []


async def test_a_transaction_sees_its_own_work_and_others_do_not(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(ADD, "ada", 1)
        assert len(await session.fetch(NAMES)) == 1
        assert await names(database) == []


async def test_a_snapshot_does_not_move(database: Database) -> None:
    async with database.read() as session:
        assert await session.fetch(NAMES) == []
        async with database.begin() as writer:
            await writer.execute(ADD, "ada", 1)
        assert await session.fetch(NAMES) == []
    assert await names(database) == ["ada"]


async def test_a_snapshot_writes_nothing(database: Database) -> None:
    with pytest.raises(SubmarineError):
        async with database.read() as session:
            await session.execute(ADD, "ada", 1)
    assert await names(database) == []


async def test_rows_know_their_columns_by_name_and_place(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(ADD, "ada", 7)
        row = await session.first("select name, created from users where name = $1", "ada")
    assert row is not None
    assert (row["name"], row[1], list(row.keys()), dict(row)) == (
        "ada",
        7,
        ["name", "created"],
        {"name": "ada", "created": 7},
    )


async def test_nothing_found_is_none(database: Database) -> None:
    async with database.read() as session:
        assert await session.first(NAMES) is None


async def test_touched_rows_are_counted(database: Database) -> None:
    async with database.begin() as session:
        await session.execute_many(ADD, [(f"u{n}", n) for n in range(5)])
        assert await session.execute("update users set created = 9 where created > $1", 2) == 2
        assert await session.execute("delete from users where created = 9") == 2
        assert await session.execute("delete from users where created = 9") == 0


async def test_returning_gives_rows(database: Database) -> None:
    async with database.begin() as session:
        rows = await session.fetch(ADD + " returning name, created", "ada", 3)
    assert [(row["name"], row["created"]) for row in rows] == [("ada", 3)]


async def test_copy_inserts_many(database: Database) -> None:
    async with database.begin() as session:
        await session.copy("users", COLUMNS, [person(f"u{n:04}") for n in range(3000)])
        await session.copy("users", COLUMNS, [])
    assert len(await names(database)) == 3000


async def test_a_taken_key_is_a_conflict(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(ADD, "ada", 1)
    for write in ("execute", "many", "copy"):
        with pytest.raises(ConflictError):  # noqa: PT012 - a transaction
            async with database.begin() as session:
                if write == "execute":
                    await session.execute(ADD, "ada", 1)
                elif write == "many":
                    await session.execute_many(ADD, [("eve", 1), ("ada", 1)])
                else:
                    await session.copy("users", COLUMNS, [person("eve"), person("ada")])
    assert await names(database) == ["ada"]


async def test_a_missing_parent_is_a_conflict(database: Database) -> None:
    add = "insert into members (id, team, user_name, role, since) values ('m', 'none', 'none', 1, 1)"
    with pytest.raises(ConflictError):
        async with database.begin() as session:
            await session.execute(add)


async def test_a_mistake_in_a_statement_is_for_the_operator(database: Database) -> None:
    with pytest.raises(AdapterError, match="nowhere"):
        async with database.begin() as session:
            await session.fetch("select * from nowhere")


@pytest.mark.parametrize("value", [2**63, "\ud800"], ids=["a number too large", "half a character"])
async def test_what_cannot_be_stored_is_the_callers_fault(database: Database, value: object) -> None:
    args: tuple[Any, ...] = ("ada", value) if isinstance(value, int) else (value, 1)
    with pytest.raises(InvalidError):
        async with database.begin() as session:
            await session.execute(ADD, *args)
    assert await names(database) == []


async def test_many_writers_at_once_all_commit(database: Database) -> None:
    async def add(n: int) -> None:
        async with database.begin() as session:
            await session.execute(ADD, f"u{n:03}", n)
            await session.first("select 1 from users where name = $1", f"u{n:03}")

    await asyncio.gather(*(add(n) for n in range(100)))
    assert len(await names(database)) == 100


async def test_one_writers_error_is_its_own(database: Database) -> None:
    async def add(n: int) -> None:
        async with database.begin() as session:
            await session.execute(ADD, f"u{n:03}", n)
            if n % 3 == 0:
                raise OwnError

    results = await asyncio.gather(*(add(n) for n in range(60)), return_exceptions=True)
    assert [isinstance(result, OwnError) for result in results] == [n % 3 == 0 for n in range(60)]
    assert await names(database) == [f"u{n:03}" for n in range(60) if n % 3]


async def test_a_cancelled_task_leaves_nothing_and_nobody_waiting(database: Database) -> None:
    inside, never = asyncio.Event(), asyncio.Event()

    async def cancelled() -> None:
        async with database.begin() as session:
            await session.execute(ADD, "ada", 1)
            inside.set()
            await never.wait()

    task = asyncio.create_task(cancelled())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.begin() as session:
        await session.execute(ADD, "eve", 1)
    assert await names(database) == ["eve"]


async def test_a_task_cancelled_at_any_step_leaves_all_or_nothing(database: Database) -> None:
    async def add(n: int) -> None:
        async with database.begin() as session:
            await session.execute(ADD, f"a{n:03}", n)
            await session.copy("users", COLUMNS, [person(f"b{n:03}-{k}") for k in range(30)])
            await session.execute("delete from users where name = $1", f"b{n:03}-0")

    for n in range(60):
        task = asyncio.create_task(add(n))
        for _ in range(n % 20):
            await asyncio.sleep(0)
        if n % 2:
            await asyncio.sleep(n / 20_000)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    found = await names(database)
    whole = {name[1:4] for name in found if name.startswith("a")}
    assert {name[1:4] for name in found if name.startswith("b")} == whole
    assert len(found) == 30 * len(whole)
    async with database.begin() as session:
        await session.execute(ADD, "z", 1)


async def test_a_transaction_is_over_when_its_block_is(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(ADD, "ada", 1)
    with pytest.raises(SubmarineError):
        await session.execute(ADD, "eve", 1)
    assert await names(database) == ["ada"]
