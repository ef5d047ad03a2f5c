from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import random
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


async def thinned(database: Database, key: str, points: int) -> Sequence[Sample]:
    async with database.read() as session:
        return await SqlMetadata(session).thinned("a", key, points)


async def count(database: Database, table: str) -> int:
    async with database.read() as session:
        row = await session.first(f"select count(*) as n from {table}")
        assert row is not None
        return int(row["n"])


async def test_points_come_back_as_they_were_reported(database: Database) -> None:
    points = [Point("loss", 1 / n, n, 1000 + n) for n in range(1, 6)]
    assert await log(database, *points) == Accepted(5)
    assert [(s.step, s.at, s.value) for s in await history(database, "loss")] == [
        (n, 1000 + n, 1 / n) for n in range(1, 6)
    ]


async def test_a_metric_in_short_follows_its_points(database: Database) -> None:
    await log(database, Point("loss", 0.5, 1, 10), Point("loss", 0.25, 3, 30), Point("acc", 1, 1, 1))
    await log(database, Point("loss", 0.75, 2, 20))
    async with database.read() as session:
        acc, loss = await SqlMetadata(session).latest("a")
    assert (acc.key, acc.value, acc.count) == ("acc", 1.0, 1)
    assert (loss.key, loss.value, loss.step, loss.at) == ("loss", 0.25, 3, 30)
    assert (loss.min, loss.max, loss.count) == (0.25, 0.75, 3)


async def test_among_equal_steps_the_later_time_is_newer_and_then_the_later_arrival(
    database: Database,
) -> None:
    await log(database, Point("loss", 1, 5, 50), Point("loss", 2, 5, 60), Point("loss", 3, 5, 60))
    await log(database, Point("loss", 4, 5, 55))
    async with database.read() as session:
        (latest,) = await SqlMetadata(session).latest("a")
    assert (latest.value, latest.at) == (3.0, 60)
    await log(database, Point("loss", 5, 5, 60))
    async with database.read() as session:
        (latest,) = await SqlMetadata(session).latest("a")
    assert latest.value == 5.0


async def test_what_is_not_a_number_or_infinite_is_kept(database: Database) -> None:
    values = [math.nan, math.inf, -math.inf, 5e-324, -0.0]
    await log(database, *(Point("x", value, n, n) for n, value in enumerate(values)))
    found = [sample.value for sample in await history(database, "x")]
    assert math.isnan(found[0])
    assert found[1:] == values[1:]
    async with database.read() as session:
        (latest,) = await SqlMetadata(session).latest("a")
    assert (latest.min, latest.max) == (-math.inf, math.inf)


async def test_a_metric_that_was_never_a_number_has_no_least_and_no_greatest(database: Database) -> None:
    await log(database, Point("x", math.nan, 1, 1), Point("x", math.nan, 2, 2))
    async with database.read() as session:
        (latest,) = await SqlMetadata(session).latest("a")
        page = await SqlMetadata(session).latest_metrics(["a"], 10)
    assert math.isnan(latest.value)
    assert math.isnan(page["a"]["x"])
    assert (latest.min, latest.max, latest.count) == (None, None, 2)
    await log(database, Point("x", 7, 3, 3))
    async with database.read() as session:
        (latest,) = await SqlMetadata(session).latest("a")
    assert (latest.value, latest.min, latest.max) == (7.0, 7.0, 7.0)


async def test_extreme_steps_and_odd_keys_are_kept(database: Database) -> None:
    key = "损失/β \"quoted\" 'single' $1"
    await log(database, Point(key, 1, 2**63 - 1, 1), Point(key, 2, -(2**63), 253_402_300_799_999))
    assert [s.step for s in await history(database, key)] == [2**63 - 1, -(2**63)]


async def test_a_repeated_call_counts_once(database: Database) -> None:
    assert await log(database, Point("x", 1, 1, 1), writer="w", sequence=0) == Accepted(1)
    assert await log(database, Point("x", 1, 1, 1), writer="w", sequence=0) == Accepted(0, duplicate=True)
    assert await log(database, Point("x", 2, 2, 2), writer="w", sequence=7) == Accepted(1)
    assert await log(database, Point("x", 9, 9, 9), writer="w", sequence=6) == Accepted(0, duplicate=True)
    assert await log(database, Point("x", 3, 3, 3), writer="v", sequence=0) == Accepted(1)
    assert [s.value for s in await history(database, "x")] == [1, 2, 3]


async def test_calls_of_one_writer_in_one_flush_count_each_once_by_sequence(database: Database) -> None:
    def call(sequence: int) -> MetricBatch:
        return MetricBatch("a", [Point("x", sequence, sequence, 1)], "w", sequence)

    outcomes = await append(database, call(2), call(1), call(2), call(0))
    assert outcomes == [Accepted(1), Accepted(1), Accepted(0, duplicate=True), Accepted(1)]
    assert [s.value for s in await history(database, "x")] == [0, 1, 2]
    assert await append(database, call(2), call(3)) == [Accepted(0, duplicate=True), Accepted(1)]


async def test_the_same_writer_name_in_another_experiment_is_another_writer(database: Database) -> None:
    first = MetricBatch("a", [Point("x", 1, 1, 1)], "w", 5)
    second = MetricBatch("b", [Point("x", 1, 1, 1)], "w", 0)
    assert await append(database, first, second) == [Accepted(1), Accepted(1)]


async def test_a_call_without_points_counts_its_sequence(database: Database) -> None:
    assert await log(database, writer="w", sequence=3) == Accepted(0)
    assert await log(database, Point("x", 1, 1, 1), writer="w", sequence=3) == Accepted(0, duplicate=True)


async def test_a_rolled_back_call_leaves_no_trace_and_can_be_repeated(database: Database) -> None:
    call = MetricBatch("a", [Point("x", 1, 1, 1)], "w", 0)
    with contextlib.suppress(ZeroDivisionError):
        async with database.begin() as session:
            await SqlMetadata(session).append([call])
            raise ZeroDivisionError
    assert await history(database, "x") == []
    assert await append(database, call) == [Accepted(1)]


async def test_an_experiment_that_is_gone_fails_its_call_alone(database: Database) -> None:
    gone, good = await append(
        database, MetricBatch("zz", [Point("x", 1, 1, 1)], "w", 0), MetricBatch("a", [Point("x", 1, 1, 1)])
    )
    assert isinstance(gone, NotFoundError)
    assert good == Accepted(1)
    assert await count(database, "metric_writers") == 0


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


async def test_history_is_paged_by_place_without_gaps(database: Database) -> None:
    for start in range(0, 25, 5):
        await log(database, *(Point("x", n, n, n) for n in range(start, start + 5)))
    seen: list[Sample] = []
    while page := await history(database, "x", seen[-1].place if seen else -1, 7):
        seen += page
    assert [sample.place for sample in seen] == list(range(25))
    assert [sample.value for sample in seen] == list(range(25))


@pytest.mark.parametrize("points", [1, 2, 3, 10, 99, 100, 101])
async def test_thinning_keeps_first_and_last_and_spreads_the_rest(database: Database, points: int) -> None:
    await log(database, *(Point("x", n, n, 5) for n in range(100)))
    places = [sample.place for sample in await thinned(database, "x", points)]
    assert len(places) == min(points, 100)
    assert places[-1] == 99
    if points > 1:
        assert places[0] == 0
        gaps = [b - a for a, b in itertools.pairwise(places)]
        assert max(gaps) - min(gaps) <= 1


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


async def test_thinned_samples_come_by_step_even_if_they_arrived_otherwise(database: Database) -> None:
    await log(database, Point("x", 1, 9, 1), Point("x", 2, 3, 2), Point("x", 3, 6, 3))
    assert [sample.step for sample in await thinned(database, "x", 10)] == [3, 6, 9]
    assert await thinned(database, "none", 10) == []


async def test_newest_values_for_a_page_are_bounded_by_key(database: Database) -> None:
    await log(database, *(Point(f"k{n}", n, 1, 1) for n in range(5)))
    await append(database, MetricBatch("b", [Point("z", 1, 1, 1)]))
    async with database.read() as session:
        found = await SqlMetadata(session).latest_metrics(["a", "b", "c"], 2)
        nothing = await SqlMetadata(session).latest_metrics([], 2)
    assert found == {"a": {"k0": 0.0, "k1": 1.0}, "b": {"z": 1.0}, "c": {}}
    assert nothing == {}


async def test_writers_with_other_orders_of_keys_never_wait_in_a_circle(database: Database) -> None:
    keys = [f"k{n}" for n in range(20)]

    async def write(seed: int) -> None:
        shuffled = random.Random(seed)
        for sequence in range(10):
            order = shuffled.sample(keys, len(keys))
            batches = [
                MetricBatch(experiment, [Point(key, 1, sequence, 1) for key in order], f"w{seed}", sequence)
                for experiment in shuffled.sample(["a", "b"], 2)
            ]
            assert await append(database, *batches) == [Accepted(20), Accepted(20)]

    await asyncio.gather(*(write(seed) for seed in range(5)))
    async with database.read() as session:
        assert [latest.count for latest in await SqlMetadata(session).latest("a")] == [50] * 20
    assert [sample.place for sample in await history(database, "k0")] == list(range(50))


async def test_the_same_call_on_two_servers_at_once_counts_once(database: Database) -> None:
    call = MetricBatch("a", [Point("x", 1, 1, 1)], "w", 0)
    outcomes = await asyncio.gather(*(append(database, call) for _ in range(5)))
    assert sorted(accepted.accepted for (accepted,) in outcomes if isinstance(accepted, Accepted)) == [
        0
    ] * 4 + [1]
    assert len(await history(database, "x")) == 1


async def test_ten_thousand_points_of_a_thousand_metrics_go_in_one_call(database: Database) -> None:
    points = [Point(f"k{n % 1000}", n, n, n) for n in range(10_000)]
    assert await log(database, *points) == Accepted(10_000)
    async with database.read() as session:
        found = await SqlMetadata(session).latest("a")
    assert len(found) == 1000
    assert {latest.count for latest in found} == {10}
