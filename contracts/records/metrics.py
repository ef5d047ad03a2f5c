"""Promises about metrics: every point once, in short and in full."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from itertools import pairwise

import pytest

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.errors import NotFoundError, SubmarineError
from submarine.core.metadata.metrics import Accepted, Latest, MetricBatch, Point, Sample
from submarine.core.records import Records

TWICE = Accepted(0, duplicate=True)


async def log(records: Records, *calls: MetricBatch) -> Sequence[Accepted | SubmarineError]:
    """Record calls in a transaction of their own."""
    async with records.begin() as tx:
        return await tx.metadata.append(calls)


async def history(records: Records, experiment: str, key: str = "x") -> Sequence[Sample]:
    """Return all samples."""
    async with records.read() as tx:
        return await tx.metadata.history(experiment, key, after=-1, limit=1000)


async def latest(records: Records, experiment: str, key: str = "x") -> Latest:
    """Return the metric in short."""
    async with records.read() as tx:
        (found,) = [each for each in await tx.metadata.latest(experiment) if each.key == key]
    return found


def call(experiment: str, sequence: int, writer: str = "w", value: float | None = None) -> MetricBatch:
    """Return a call of one point that counts itself."""
    point = Point("x", float(sequence if value is None else value), sequence, 1)
    return MetricBatch(experiment, [point], writer, sequence)


class Metrics(RecordsKit):
    """What `MetricStore` owes."""

    async def test_points_come_back_as_they_were_reported(self, stage: Stage) -> None:
        """In order of arrival, by place from 0, whatever their steps and values are."""
        job, key = await stage.experiment(), "损失/β \"quoted\" 'single' $1"
        values = [0.1, math.nan, math.inf, -math.inf, 5e-324, -0.0]
        steps = [2**63 - 1, -(2**63), 3, 2, 1, 0]
        points = [Point(key, value, step, 1000 + step % 7) for value, step in zip(values, steps, strict=True)]
        assert await log(stage.records, MetricBatch(job.id, points)) == [Accepted(6)]
        found = await history(stage.records, job.id, key)
        assert [(s.place, s.step, s.at) for s in found] == [
            (place, point.step, point.at) for place, point in enumerate(points)
        ]
        assert math.isnan(found[1].value)
        assert [s.value for s in found if s.place != 1] == [v for v in values if not math.isnan(v)]

    async def test_a_metric_in_short_follows_its_points(self, stage: Stage) -> None:
        """Value, step and time of the newest; least, greatest and how many; metrics by key."""
        job = await stage.experiment()
        await log(stage.records, MetricBatch(job.id, [Point("x", 0.5, 1, 10), Point("x", 0.25, 3, 30)]))
        await log(stage.records, MetricBatch(job.id, [Point("x", 0.75, 2, 20), Point("a", 1, 1, 1)]))
        async with stage.read() as tx:
            found = await tx.metadata.latest(job.id)
        x = Latest(key="x", value=0.25, step=3, at=30, min=0.25, max=0.75, count=3)
        assert list(found) == [Latest(key="a", value=1.0, step=1, at=1, min=1.0, max=1.0, count=1), x]

    async def test_among_equal_steps_the_later_time_is_newer(self, stage: Stage) -> None:
        """And among equal times the later arrival, within a call and across calls."""
        job = await stage.experiment()
        first = [Point("x", 1, 5, 50), Point("x", 2, 5, 60), Point("x", 3, 5, 60), Point("x", 4, 5, 55)]
        await log(stage.records, MetricBatch(job.id, first))
        assert (await latest(stage.records, job.id)).value == 3.0
        await log(stage.records, MetricBatch(job.id, [Point("x", 5, 5, 55)]))
        assert (await latest(stage.records, job.id)).value == 3.0
        await log(stage.records, MetricBatch(job.id, [Point("x", 6, 5, 60)]))
        assert (await latest(stage.records, job.id)).value == 6.0

    async def test_what_is_no_number_is_neither_least_nor_greatest(self, stage: Stage) -> None:
        """A metric that never was a number has none of both."""
        job = await stage.experiment()
        await log(stage.records, MetricBatch(job.id, [Point("x", math.nan, 1, 1)]))
        found = await latest(stage.records, job.id)
        assert math.isnan(found.value)
        assert (found.min, found.max, found.count) == (None, None, 1)
        await log(stage.records, MetricBatch(job.id, [Point("x", 7, 2, 2), Point("x", math.nan, 3, 3)]))
        found = await latest(stage.records, job.id)
        assert math.isnan(found.value)
        assert (found.min, found.max, found.count) == (7.0, 7.0, 3)

    async def test_a_call_that_comes_again_counts_once(self, stage: Stage) -> None:
        """For ever, also on another server and after later calls; another writer counts apart."""
        job, other = await stage.experiment(), await stage.experiment(await stage.project("two"))
        assert await log(stage.records, call(job.id, 0)) == [Accepted(1)]
        assert await log(stage.records, call(job.id, 0)) == [TWICE]
        assert await log(stage.records, call(job.id, 7)) == [Accepted(1)]
        assert await log(stage.records, call(job.id, 6), call(job.id, 0)) == [TWICE, TWICE]
        assert await log(stage.records, call(job.id, 0, "v")) == [Accepted(1)]
        assert await log(stage.records, call(other.id, 0)) == [Accepted(1)]
        assert [sample.value for sample in await history(stage.records, job.id)] == [0, 7, 0]
        assert (await latest(stage.records, job.id)).count == 3

    async def test_calls_of_one_writer_count_in_order_of_their_sequence(self, stage: Stage) -> None:
        """Though they arrive together in any order, each is answered in its place, and counts once."""
        job = await stage.experiment()
        outcomes = await log(stage.records, *(call(job.id, n) for n in (2, 1, 2, 0)))
        assert sorted(map(repr, outcomes)) == sorted(map(repr, [Accepted(1)] * 3 + [TWICE]))
        assert outcomes[1] == outcomes[3] == Accepted(1)
        assert [sample.value for sample in await history(stage.records, job.id)] == [0, 1, 2]

    async def test_one_call_on_two_servers_at_once_counts_once(self, stage: Stage, other: Records) -> None:
        """One of them records it, the other knows."""
        job = await stage.experiment()
        servers = (stage.records, other, stage.records, other)
        found = await asyncio.gather(*(log(server, call(job.id, 3)) for server in servers))
        assert sorted(map(repr, found)) == sorted(map(repr, [[Accepted(1)], [TWICE], [TWICE], [TWICE]]))
        assert len(await history(stage.records, job.id)) == 1

    async def test_a_call_that_was_rolled_back_can_be_repeated(self, stage: Stage) -> None:
        """It left no trace, neither of its points nor of its sequence."""
        job = await stage.experiment()
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - a transaction
            async with stage.begin() as tx:
                await tx.metadata.append([call(job.id, 0)])
                raise ZeroDivisionError
        assert list(await history(stage.records, job.id)) == []
        assert await log(stage.records, call(job.id, 0)) == [Accepted(1)]

    async def test_a_call_for_what_is_gone_fails_alone(self, stage: Stage) -> None:
        """The others of its company are recorded, and are told so."""
        job = await stage.experiment()
        gone, good = await log(stage.records, call(stage.called("gone"), 0), call(job.id, 0))
        assert isinstance(gone, NotFoundError)
        assert good == Accepted(1)
        assert len(await history(stage.records, job.id)) == 1

    async def test_points_of_many_servers_have_places_without_gaps(
        self, stage: Stage, other: Records
    ) -> None:
        """Servers that write the same metrics in other orders wait for each other, not in a circle."""
        job, keys = await stage.experiment(), [f"k{n}" for n in range(5)]

        async def write(n: int) -> None:
            for sequence in range(5):
                order = keys if n % 2 else keys[::-1]
                points = [Point(key, n, sequence, 1) for key in order]
                batch = MetricBatch(job.id, points, f"w{n}", sequence)
                assert await log(other if n % 2 else stage.records, batch) == [Accepted(5)]

        await asyncio.gather(*(write(n) for n in range(4)))
        for key in keys:
            assert [s.place for s in await history(stage.records, job.id, key)] == list(range(20))
            assert (await latest(stage.records, job.id, key)).count == 20

    async def test_history_is_read_by_pages_in_order_of_arrival(self, stage: Stage) -> None:
        """A page begins after a place; an unknown metric has no history."""
        job = await stage.experiment()
        for start in (4, 2, 0):
            points = [Point("x", n, n, 1) for n in (start, start + 1)]
            await log(stage.records, MetricBatch(job.id, [*points, Point("y", 9, 9, 9)]))
        async with stage.read() as tx:
            page = await tx.metadata.history(job.id, "x", after=-1, limit=4)
            assert [(s.place, s.step) for s in page] == [(0, 4), (1, 5), (2, 2), (3, 3)]
            rest = await tx.metadata.history(job.id, "x", after=page[-1].place, limit=4)
            assert [(s.place, s.step) for s in rest] == [(4, 0), (5, 1)]
            assert list(await tx.metadata.history(job.id, "z", after=-1, limit=4)) == []

    @pytest.mark.parametrize("points", [1, 2, 3, 10, 29, 30, 31])
    async def test_a_thinned_history_is_even_and_has_first_and_last(self, stage: Stage, points: int) -> None:
        """At most as many as asked for, evenly chosen by place."""
        job = await stage.experiment()
        await log(stage.records, MetricBatch(job.id, [Point("x", n, n, 5) for n in range(30)]))
        async with stage.read() as tx:
            places = [sample.place for sample in await tx.metadata.thinned(job.id, "x", points)]
        assert len(places) == min(points, 30)
        assert places[-1] == 29
        if points > 1:
            gaps = [after - before for before, after in pairwise(places)]
            assert places[0] == 0
            assert max(gaps) - min(gaps) <= 1

    async def test_a_thinned_history_comes_by_step_then_time(self, stage: Stage) -> None:
        """Whatever the order of arrival was; an unknown metric has none."""
        job = await stage.experiment()
        points = [Point("x", 1, 9, 1), Point("x", 2, 3, 7), Point("x", 3, 3, 2), Point("x", 4, 6, 3)]
        await log(stage.records, MetricBatch(job.id, points))
        async with stage.read() as tx:
            found = await tx.metadata.thinned(job.id, "x", 10)
            assert list(await tx.metadata.thinned(job.id, "z", 10)) == []
        assert [(sample.step, sample.at) for sample in found] == [(3, 2), (3, 7), (6, 3), (9, 1)]

    async def test_newest_values_for_a_page_are_bounded_by_key(self, stage: Stage) -> None:
        """At most so many of each experiment, and an entry for each that was asked for."""
        one, two = await stage.experiment(), await stage.experiment(await stage.project("two"))
        points = [Point(f"k{n}", n, 1, 1) for n in range(4)]
        await log(stage.records, MetricBatch(one.id, points), MetricBatch(two.id, [Point("z", 1, 1, 1)]))
        async with stage.read() as tx:
            found = await tx.metadata.latest_metrics([one.id, two.id, "none"], 2)
            assert found == {one.id: {"k0": 0.0, "k1": 1.0}, two.id: {"z": 1.0}, "none": {}}
            assert await tx.metadata.latest_metrics([], 2) == {}
