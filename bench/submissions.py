"""Accepted submissions a second over eight connections, against bare inserts over as many."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import uuid
from pathlib import Path

import asyncpg

from bench.report import Finding
from bench.scale import Scale
from bench.server import Server
from bench.wire import Wire, expect

CONNECTIONS = 8
GOAL = 2_000
_ROW = "x" * 600  # about what a job's row weighs


async def measure(server: Server, name: str, limit: float, limit_name: str, scale: Scale) -> Finding:
    """Submit experiments that wait (their cluster is drained) as fast as the server accepts them."""
    async with Wire(server.url, server.token) as wire:
        await expect(wire, 200, "POST", "/api/v1/clusters/local/drain")
    spec = {
        "command": ["true"],
        "placement": {"cluster": "local"},
        "params": {"lr": 0.1},
        "tags": ["bench"],
    }
    body = json.dumps(spec).encode()
    until = time.perf_counter() + scale.seconds

    async def client() -> int:
        done = 0
        async with Wire(server.url, server.token) as wire:
            while time.perf_counter() < until:
                key = f"Idempotency-Key: {uuid.uuid4().hex}\r\n"
                status, answer = await wire.request("POST", "/api/v1/experiments", body, key)
                if status != 201:
                    raise RuntimeError(f"{status} {answer[:300]!r}")
                done += 1
        return done

    began = time.perf_counter()
    total = sum(await asyncio.gather(*(client() for _ in range(CONNECTIONS))))
    rate = total / (time.perf_counter() - began)
    return Finding(
        name=name,
        ours=rate,
        limit=limit,
        unit="/s",
        limit_name=limit_name,
        goal=f"{GOAL:,}/s",
        met=rate >= GOAL,
    )


async def postgres_inserts(url: str, scale: Scale) -> float:
    """Return single-row inserts a second, each committed, by asyncpg over eight connections."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        await pool.execute("create table bench_rows (id text primary key, data text not null)")
        until = time.perf_counter() + scale.seconds

        async def client() -> int:
            done = 0
            async with pool.acquire() as connection:
                while time.perf_counter() < until:
                    await connection.execute("insert into bench_rows values ($1, $2)", uuid.uuid4().hex, _ROW)
                    done += 1
            return done

        began = time.perf_counter()
        total = sum(await asyncio.gather(*(client() for _ in range(CONNECTIONS))))
        rate = total / (time.perf_counter() - began)
        await pool.execute("drop table bench_rows")
        return rate
    finally:
        await pool.close()


def sqlite_inserts(folder: Path, scale: Scale) -> float:
    """Return single-row inserts a second, each synced, by one connection: SQLite has one writer."""
    connection = sqlite3.connect(folder / "inserts.db", isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("create table bench_rows (id text primary key, data text not null)")
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < scale.seconds:
            connection.execute("insert into bench_rows values (?, ?)", (uuid.uuid4().hex, _ROW))
            done += 1
        return done / (time.perf_counter() - began)
    finally:
        connection.close()
