"""The PostgreSQL of the tests is private, fresh for each test, and gone afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg
import pytest

from tests.clusters.postgres import PostgresServer, start_postgres

ROOT = Path(__file__).parents[2]

STARTS_AND_WAITS = """
import time
from tests.clusters.postgres import start_postgres
with start_postgres() as server:
    print(server._process.pid, server._run, flush=True)
    time.sleep(600)
"""


async def test_a_database_is_empty_and_writable(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await connection.execute("create table here (id int)")
    await connection.close()


def test_a_database_is_dropped_though_somebody_is_connected(postgres_server: PostgresServer) -> None:
    async def leave_one_open(url: str) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(url)

    with asyncio.Runner() as runner, postgres_server.database() as url:
        name = url.rpartition("/")[2]
        connection = runner.run(leave_one_open(url))
        connection.terminate()
    assert postgres_server.execute(f"select count(*) from pg_database where datname = '{name}'") == "0"


async def test_it_can_hang_and_go_on(postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres_server.url())
    postgres_server.pause()
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(
                asyncio.shield(asking := asyncio.ensure_future(connection.fetchval("select 7"))), 0.3
            )
    finally:
        postgres_server.resume()
    assert await asking == 7
    await connection.close()


def test_it_starts_again_on_the_same_port_with_what_was_committed() -> None:
    with start_postgres("bench") as server:
        server.execute("create table kept as select 1 as one")
        before = server.port
        server.stop()
        starting = threading.Thread(target=server.start)
        starting.start()
        starting.join()  # it lives on though the thread that asked for it has ended
        time.sleep(0.2)
        assert (server.port, server.execute("select one from kept")) == (before, "1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_does_not_outlive_who_started_it(number: signal.Signals) -> None:
    command = [sys.executable, "-c", STARTS_AND_WAITS]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        assert owner.stdout is not None
        pid, run_dir = owner.stdout.readline().split()
        owner.send_signal(number)
        owner.wait(30)
    limit = time.monotonic() + 30
    while _runs(int(pid)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _runs(int(pid))
    if number == signal.SIGKILL:
        shutil.rmtree(run_dir)
    assert not Path(run_dir).exists()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return "(postgres) Z" not in Path(f"/proc/{pid}/stat").read_text()
