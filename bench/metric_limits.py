"""What PostgreSQL itself takes of rows like a metric's, without anybody in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TYPE_CHECKING

import asyncpg

from bench.scale import Scale

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

COUNTS = (8, 16, 32, 64)
"""Numbers of connections that are tried; the best is the limit."""
_COLUMNS = ("series", "place", "step", "at", "value")
_AT = 1_700_000_000_000
_TABLE = (
    "create table bench_metrics (series bigint, place bigint, step bigint, at bigint, "
    "value double precision, primary key (series, place))"
)


async def inserts(url: str, scale: Scale) -> tuple[float, int]:
    """Return single-row inserts a second, each committed and synced, and over how many connections."""
    found = [
        (await _rate(url, connections, scale.seconds / 2, _insert), connections)
        for connections in COUNTS
        if connections <= max(scale.singles, COUNTS[0])
    ]
    return max(found)


async def copies(url: str, scale: Scale) -> float:
    """Return rows a second by COPY, as many at once and over as many connections as our batches."""

    async def copy(connection: Connection, series: int, turn: int) -> None:
        start = turn * scale.points
        rows = [(series, n, n, _AT, n / 7) for n in range(start, start + scale.points)]
        await connection.copy_records_to_table("bench_metrics", columns=_COLUMNS, records=rows)

    return await _rate(url, scale.batches, scale.seconds, copy) * scale.points


async def _insert(connection: Connection, series: int, turn: int) -> None:
    await connection.execute(
        "insert into bench_metrics values ($1, $2, $3, $4, $5)", series, turn, turn, _AT, turn / 7
    )


async def _rate(
    url: str, connections: int, seconds: float, write: Callable[[Connection, int, int], Awaitable[None]]
) -> float:
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)
    try:
        await pool.execute(_TABLE)
        until = time.perf_counter() + seconds

        async def client(series: int) -> int:
            async with pool.acquire() as connection:
                for turn in count():
                    await write(connection, series, turn)
                    if time.perf_counter() > until:
                        return turn + 1
            raise AssertionError

        began = time.perf_counter()
        total = sum(await asyncio.gather(*(client(n) for n in range(connections))))
        rate = total / (time.perf_counter() - began)
        await pool.execute("drop table bench_metrics")
        return rate
    finally:
        await pool.close()
