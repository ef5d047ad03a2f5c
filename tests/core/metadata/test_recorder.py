from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from typing_extensions import override

from submarine.adapters.sql.records import SqlRecords, SqlTransaction
from submarine.core.errors import BusyError, InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.metadata.metrics import Accepted, MetricBatch, Point
from submarine.core.metadata.recorder import MetricRecorder
from tests.core.metadata.conftest import Bed


class LosesAnswers:
    """Commits, and then says that the database went away, the first *times* times."""

    def __init__(self, records: SqlRecords, times: int) -> None:
        self._records = records
        self.times = times

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with self._records.begin() as tx:
            yield tx
        if self.times:
            self.times -= 1
            raise UnavailableError("the answer to the commit was lost")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlTransaction]:
        async with self._records.read() as tx:
            yield tx


class Slow(LosesAnswers):
    """Waits in each transaction until the gate opens, and counts them."""

    def __init__(self, records: SqlRecords) -> None:
        super().__init__(records, 0)
        self.gate = asyncio.Event()
        self.began = asyncio.Event()
        self.transactions = 0

    @override
    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        self.transactions += 1
        self.began.set()
        async with self._records.begin() as tx:
            await self.gate.wait()
            yield tx


def call(experiment: str = "e1", sequence: int | None = None, points: int = 1) -> MetricBatch:
    found = [Point("x", n, sequence or 0, 1) for n in range(points)]
    return MetricBatch(experiment, found, None if sequence is None else "w", sequence)


async def points_of(bed: Bed, experiment: str = "e1") -> int:
    async with bed.records.read() as tx:
        return sum(latest.count for latest in await tx.metadata.latest(experiment))


async def test_a_call_whose_answer_was_lost_is_repeated_and_counts_once(bed: Bed) -> None:
    recorder = MetricRecorder(LosesAnswers(bed.records, 1))
    with pytest.raises(UnavailableError):
        await recorder.record(call(sequence=0))
    assert await recorder.record(call(sequence=0)) == Accepted(0, duplicate=True)
    assert await recorder.record(call(sequence=1)) == Accepted(1)
    assert await points_of(bed) == 2


async def test_calls_that_arrive_together_share_a_transaction(bed: Bed) -> None:
    records = Slow(bed.records)
    recorder = MetricRecorder(records)
    first = asyncio.create_task(recorder.record(call(sequence=0)))
    await records.began.wait()
    rest = [asyncio.create_task(recorder.record(call(sequence=n))) for n in range(1, 50)]
    await asyncio.sleep(0)
    records.gate.set()
    assert await asyncio.gather(first, *rest) == [Accepted(1)] * 50
    assert records.transactions == 2
    assert await points_of(bed) == 50
    await recorder.aclose()


async def test_one_gone_experiment_does_not_harm_who_shares_the_transaction(bed: Bed) -> None:
    answers = await asyncio.gather(
        *(bed.recorder.record(call(experiment)) for experiment in ("e1", "gone", "e2")),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Accepted, NotFoundError, Accepted]


async def test_a_call_that_spoils_its_transaction_fails_alone(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from submarine.adapters.sql import metric_ingest

    append = metric_ingest.append

    async def refuses(session: object, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        if any(batch.experiment == "e2" for batch in batches):
            raise InvalidError("the records cannot hold this")
        return await append(session, batches)  # type: ignore[arg-type]

    monkeypatch.setattr(metric_ingest, "append", refuses)
    answers = await asyncio.gather(
        *(bed.recorder.record(call(experiment)) for experiment in ("e1", "e2", "e1")), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Accepted, InvalidError, Accepted]
    assert await points_of(bed) == 2


async def test_a_chatty_experiment_is_told_to_wait_and_the_others_are_not(bed: Bed) -> None:
    records = Slow(bed.records)
    recorder = MetricRecorder(records, share=1000)
    chatty = asyncio.create_task(recorder.record(call("e1", points=900)))
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="of this experiment are waiting already"):
        await recorder.record(call("e1", points=900))
    quiet = asyncio.create_task(recorder.record(call("e2", points=900)))
    await asyncio.sleep(0)
    records.gate.set()
    assert [await chatty, await quiet] == [Accepted(900)] * 2
    assert await recorder.record(call("e1", points=2000)) == Accepted(2000)
    await recorder.aclose()


async def test_a_cancelled_caller_gives_its_share_back(bed: Bed) -> None:
    records = Slow(bed.records)
    recorder = MetricRecorder(records, share=1000)
    cancelled = asyncio.create_task(recorder.record(call(points=900)))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    records.gate.set()
    assert await recorder.record(call(points=900)) == Accepted(900)
    await recorder.aclose()


async def test_closing_answers_what_was_taken(bed: Bed) -> None:
    records = Slow(bed.records)
    recorder = MetricRecorder(records)
    taken = [asyncio.create_task(recorder.record(call(sequence=n))) for n in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(recorder.aclose())
    records.gate.set()
    await closing
    assert [task.result() for task in taken] == [Accepted(1)] * 3
    with pytest.raises(UnavailableError, match="shutting down"):
        await recorder.record(call())
