"""What is peculiar to SQLite."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from submarine.adapters.sql.config import MemoryConfig
from submarine.adapters.sql.plugin import _open_memory
from submarine.adapters.sql.sqlite import Sqlite, open_sqlite
from submarine.adapters.sql.statements import statement
from submarine.core.errors import AdapterError, BusyError, UnavailableError

ENDLESS = (
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < $1) select max(i) as m from n"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Sqlite]:
    async with open_sqlite(tmp_path / "t.db", readers=2, wait=5.0) as found:
        async with found.begin() as session:
            await session.script("create table t (a text primary key);")
        yield found


def pragma(database: Sqlite, name: str) -> object:
    return database.writer.connection.raw.execute(f"pragma {name}").fetchone()[0]


async def test_commits_wait_for_the_disk(database: Sqlite) -> None:
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # full: the log is synced in each commit
    assert pragma(database, "foreign_keys") == 1


async def test_the_file_is_for_its_owner_alone(database: Sqlite, tmp_path: Path) -> None:
    for name in ("t.db", "t.db-wal", "t.db-shm"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


async def test_folders_are_made(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "a" / "b" / "t.db") as database, database.read() as session:
        assert await session.first("select 1") is not None


async def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AdapterError, match=r"t\.db cannot be made"):
        async with open_sqlite(tmp_path / "file" / "t.db"):
            pass


async def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="cannot be made"):
        async with open_sqlite(tmp_path):
            pass


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_text("a letter to a friend" * 100)
    with pytest.raises(AdapterError, match="not a database"):
        async with open_sqlite(tmp_path / "t.db"):
            pass


async def test_another_process_with_the_lock_ends_the_patience(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", wait=0.1) as database:
        async with database.begin() as session:
            await session.script("create table t (a text);")
        other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(UnavailableError, match="locked by another process"):
            async with database.begin() as session:
                await session.execute("insert into t (a) values ('a')")
        async with database.read() as session:  # readers wait for no writer
            assert await session.fetch("select a from t") == []
        other.execute("rollback")
        other.close()
        async with database.begin() as session:
            await session.execute("insert into t (a) values ('a')")


async def test_a_long_read_does_not_stop_the_loop(database: Sqlite) -> None:
    ticks, longest, last = 0, 0.0, None
    loop = asyncio.get_running_loop()

    async def tick() -> None:
        nonlocal ticks, longest, last
        while True:
            at = loop.time()
            longest = max(longest, at - (last or at))
            last, ticks = at, ticks + 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    statement(ENDLESS).__init__(ENDLESS)  # type: ignore[misc]  # as if never run
    began = loop.time()
    async with database.read() as session:
        row = await session.first(ENDLESS, 1_000_000)
        took = loop.time() - began
        assert row is not None
        assert row["m"] == 1_000_000
    ticking.cancel()
    assert ticks > 5
    assert longest < max(took / 2, 0.1)


async def test_a_read_that_was_interrupted_on_the_loop_gives_the_whole_answer(database: Sqlite) -> None:
    async with database.begin() as session:
        await session.execute_many("insert into t (a) values ($1)", [(f"{n:05}",) for n in range(20_000)])
    for _ in range(3):
        async with database.read() as session:
            rows = await session.fetch("select a from t where a like $1 order by a desc", "%0%")
        assert len(rows) == sum("0" in f"{n:05}" for n in range(20_000))


async def test_a_cancelled_read_is_interrupted_and_its_connection_serves_on(database: Sqlite) -> None:
    async def forever() -> None:
        async with database.read() as session:
            await session.first(ENDLESS, 10**15)

    tasks = [asyncio.create_task(forever()) for _ in range(2)]  # all readers there are
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(10), database.read() as session:
        assert await session.fetch("select a from t") == []


async def test_waiting_for_a_reader_is_bounded(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "t.db", readers=1, wait=0.05) as database, database.read():
        with pytest.raises(BusyError, match="no reader"):
            async with database.read():
                pass


async def test_a_reader_given_to_a_task_cancelled_in_the_same_moment_is_not_lost(database: Sqlite) -> None:
    async def read() -> None:
        async with database.read() as session:
            await session.first("select 1")

    for n in range(20):
        async with database.read(), contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(database.read())
            waiting = asyncio.create_task(read())
            await asyncio.sleep(0)
        for _ in range(n % 4):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5), database.read(), database.read():
        pass


async def test_what_comes_after_the_end_is_told_so(tmp_path: Path) -> None:
    threads = threading.active_count()
    async with open_sqlite(tmp_path / "t.db") as database:
        open_turn = database.begin()
        session = await open_turn.__aenter__()
        await session.script("create table t (a text);")
    with pytest.raises(UnavailableError, match="given up"):
        await open_turn.__aexit__(None, None, None)
    with pytest.raises(UnavailableError, match="closed"):
        async with database.begin() as session:
            await session.fetch("select 1")
    assert threading.active_count() == threads


async def test_memory_is_forgotten_at_the_end() -> None:
    folder = Path()
    async with _open_memory(MemoryConfig()) as records:
        await records.ping()
        async with records.begin() as tx:
            assert await tx.access.user("nobody") is None
        folder = Path(records.database.writer.path).parent  # type: ignore[attr-defined]
        assert folder.exists()
    assert not folder.exists()


WRITER = """
import asyncio, sys
from pathlib import Path
from submarine.adapters.sql.sqlite import open_sqlite

async def main():
    async with open_sqlite(Path(sys.argv[1])) as database:
        async with database.begin() as session:
            await session.script("create table if not exists t (a integer primary key);")
        async def add(k):
            for n in range(100000):
                async with database.begin() as session:
                    await session.execute("insert into t (a) values ($1)", n * 8 + k)
                print(n * 8 + k, flush=True)
        await asyncio.gather(*(add(k) for k in range(8)))

asyncio.run(main())
"""


async def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: ASYNC220 - its output is what counts
        [sys.executable, "-c", WRITER, str(tmp_path / "t.db")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout.read().splitlines() if line.isdigit()][:-1]
    process.stdout.close()
    process.wait()
    async with open_sqlite(tmp_path / "t.db") as database, database.read() as session:
        found = {row["a"] for row in await session.fetch("select a from t")}
        assert await session.first("pragma integrity_check") is not None
    assert set(acknowledged) <= found
