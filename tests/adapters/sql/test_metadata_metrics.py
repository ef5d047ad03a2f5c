from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from submarine.adapters.sql import metric_ingest
from submarine.adapters.sql.database import Database
from submarine.adapters.sql.metadata import SqlMetadata
from submarine.core.errors import InvalidError, NotFoundError, SubmarineError
from submarine.core.metadata.metrics import Accepted, MetricBatch, Point, Sample
from tests.adapters.sql.engines import ENGINES, add_experiments, opened


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(request.param, tmp_path, request) as found:
        async with found.begin() as session:
            await add_experiments(session, "a", "b")
        yield found


async def append(database: Database, *batches: MetricBatch) -> Sequence[Accepted | SubmarineError]:
    async with database.begin() as session:
        return await SqlMetadata(session).append(batches)


async def log(
    database: Database, *points: Point, writer: str | None = None, sequence: int | None = None
) -> Accepted:
    (outcome,) = await append(database, MetricBatch("a", points, writer, sequence))
    assert isinstance(outcome, Accepted)
    return outcome


async def history(database: Database, key: str, after: int = -1, limit: int = 1000) -> Sequence[Sample]:
    async with database.read() as session:
        return await SqlMetadata(session).history("a", key, after=after, limit=limit)


async def count(database: Database, table: str) -> int:
    async with database.read() as session:
        row = await session.first(f"select count(*) as n from {table}")
        assert row is not None
        return int(row["n"])


async def test_calls_of_one_writer_in_one_flush_count_each_once_by_sequence(database: Database) -> None:
    def call(sequence: int) -> MetricBatch:
        return MetricBatch("a", [Point("x", sequence, sequence, 1)], "w", sequence)

    outcomes = await append(database, call(2), call(1), call(2), call(0))
    assert outcomes == [Accepted(1), Accepted(1), Accepted(0, duplicate=True), Accepted(1)]
    assert [s.value for s in await history(database, "x")] == [0, 1, 2]
    assert await append(database, call(2), call(3)) == [Accepted(0, duplicate=True), Accepted(1)]


@pytest.mark.parametrize("points", [1, 16, 100])  # of each key: one statement, or COPY
async def test_a_flush_of_many_calls_answers_each_and_files_points_as_they_arrived(
    database: Database, points: int
) -> None:
    def call(experiment: str, writer: str | None, sequence: int, first: int) -> MetricBatch:
        said = [
            Point(("x", "y")[n % 2], math.nan if n % 7 == 3 else float(n), n, 1000 - n)
            for n in range(first, first + 2 * points)
        ]
        return MetricBatch(experiment, said, writer, None if writer is None else sequence)

    assert await append(database, call("a", "w", 5, 0)) == [Accepted(2 * points)]
    outcomes = await append(
        database,
        call("a", "w", 6, 2000),
        call("b", "w", 1, 0),
        call("gone", "w", 1, 0),
        call("a", "late", 0, 1000),
        call("a", None, 0, 3000),
    )
    every = Accepted(2 * points)
    assert [outcomes[n] for n in (0, 1, 3, 4)] == [every] * 4
    assert isinstance(outcomes[2], NotFoundError)
    again = await append(database, call("a", "w", 6, 2000), call("b", "w", 2, 2000), call("a", "v", 0, 500))
    assert again == [Accepted(0, duplicate=True), every, every]
    found = await history(database, "x")
    starts = (0, 2000, 1000, 3000, 500)
    steps = [n for first in starts for n in range(first, first + 2 * points, 2)]
    assert [(s.place, s.step, s.at) for s in found] == [
        (n, step, 1000 - step) for n, step in enumerate(steps)
    ]
    assert repr([s.value for s in found]) == repr([math.nan if n % 7 == 3 else float(n) for n in steps])
    async with database.read() as session:
        latest = {metric.key: metric for metric in await SqlMetadata(session).latest("a")}
    numbers = [float(n) for n in steps if n % 7 != 3]
    x = latest["x"]
    assert (x.step, x.at, x.count) == (max(steps), 1000 - max(steps), len(steps))
    assert (x.min, x.max) == (min(numbers), max(numbers))


async def test_a_call_without_points_counts_its_sequence(database: Database) -> None:
    assert await log(database, writer="w", sequence=3) == Accepted(0)
    assert await log(database, Point("x", 1, 1, 1), writer="w", sequence=3) == Accepted(0, duplicate=True)


async def test_an_experiment_has_a_bound_of_metrics_and_who_stays_within_is_not_harmed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_ingest, "MOST_KEYS", 5)
    await log(database, *(Point(f"k{n}", 1, 1, 1) for n in range(4)))
    refused, known, other = await append(
        database,
        MetricBatch("a", [Point("k0", 2, 2, 2), Point("new1", 1, 1, 1), Point("new2", 1, 1, 1)], "w", 0),
        MetricBatch("a", [Point("k0", 3, 3, 3)]),
        MetricBatch("b", [Point("x", 1, 1, 1)]),
    )
    assert isinstance(refused, InvalidError)
    assert refused.faults[0].expected.startswith("at most 5")
    assert known == other == Accepted(1)
    assert await log(database, Point("new1", 1, 1, 1), writer="w", sequence=0) == Accepted(1)
    assert await count(database, "metric_latest") == 6


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # SQLite does not count what it reads
async def test_thinning_a_long_series_reads_only_what_it_returns(database: Database) -> None:
    for start in range(0, 50_000, 10_000):
        await log(database, *(Point("x", n, n, n) for n in range(start, start + 10_000)))
    async with database.begin() as session:
        await session.execute("analyze metrics")
    async with database.read() as session:
        from submarine.adapters.sql import metrics

        row = await session.first(metrics._SERIES, "a", "x")
        assert row is not None
        plan = await session.fetch(
            f"explain (analyze, buffers) {metrics._THINNED}", row["series"], 49_999, 99
        )
    text = "\n".join(line[0] for line in plan)
    assert "Seq Scan on metrics" not in text
    assert "rows=100 " in text
    assert not any("metrics" in line and "rows=50000" in line for line in text.splitlines())


async def test_ten_thousand_points_of_a_thousand_metrics_go_in_one_call(database: Database) -> None:
    points = [Point(f"k{n % 1000}", n, n, n) for n in range(10_000)]
    assert await log(database, *points) == Accepted(10_000)
    async with database.read() as session:
        found = await SqlMetadata(session).latest("a")
    assert len(found) == 1000
    assert {latest.count for latest in found} == {10}
