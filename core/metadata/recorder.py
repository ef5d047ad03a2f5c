"""Takes in metrics, many callers at once, and answers each when its points are safe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from submarine.core.batching import Batcher
from submarine.core.clock import Clock, now
from submarine.core.errors import BusyError, SubmarineError, UnavailableError
from submarine.core.failpoints import reach
from submarine.core.metadata.metrics import Accepted, MetricBatch, Point, check_batch
from submarine.core.metadata.store import MetadataRecords

_CALL: Final = 20
"""What a call costs beside its points, in points."""

_FLUSHES: Final = 2
"""Transactions at a time: one is prepared here while the database is at work on the other."""

_WORTH: Final = 3_000
"""Points that are worth a transaction of their own while another runs."""


class MetricRecorder:
    """Group commit: calls that arrive while others are written go together in the next transaction.

    Calls of one experiment are written in the order they came, never by two transactions at a time.

    *limit* is the greatest weight of one transaction and *waiting* of all that wait (a point weighs 1);
    *share* is what one experiment may hold of it, so that a chatty job is told to wait before it makes
    others wait.
    """

    def __init__(
        self,
        records: MetadataRecords,
        clock: Clock = now,
        *,
        limit: int = 20_000,
        waiting: int = 400_000,
        share: int = 100_000,
    ) -> None:
        self._records = records
        self._clock = clock
        self._share = share
        self._held: Counter[str] = Counter()
        self._batcher = Batcher(
            self.write, limit, waiting, flushes=_FLUSHES, worth=_WORTH, group=attrgetter("experiment")
        )

    async def aclose(self) -> None:
        """Refuse new calls; return when all that were taken are answered."""
        await self._batcher.aclose()

    async def record(self, batch: MetricBatch) -> Accepted:
        """Record *batch*; on return it is safe. Repeated with the same writer and sequence, it counts once.

        Raise `InvalidError` if anything in it is wrong (then none of it is recorded), `NotFoundError` if
        the experiment is gone, `BusyError` if too much is waiting.
        """
        check_batch(batch)
        weight = len(batch.points) + _CALL
        held = self._held[batch.experiment]
        if held and held + weight > self._share:
            raise BusyError(f"{held} points of this experiment are waiting already", 1.0)
        self._held[batch.experiment] += weight
        try:
            return await self._batcher.add(self._stamped(batch), weight)
        finally:
            self._held[batch.experiment] -= weight
            if not self._held[batch.experiment]:
                del self._held[batch.experiment]

    async def record_all(self, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        """Record *batches* (already checked) in their order and at once, past those who wait."""
        return await self.write([self._stamped(batch) for batch in batches])

    async def write(self, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        """Write *batches* in one transaction; should one of them spoil it, each in its own."""
        try:
            return await self._write(batches)
        except (UnavailableError, BusyError):
            raise  # it would befall each of them
        except SubmarineError as error:
            if len(batches) == 1:
                return [error]
        return [outcome for batch in batches for outcome in await self.write([batch])]

    async def _write(self, batches: Sequence[MetricBatch]) -> Sequence[Accepted | SubmarineError]:
        async with self._records.begin() as tx:
            outcomes = await tx.metadata.append(batches)
            reach("metrics.writing")
        reach("metrics.committed")
        return outcomes

    def _stamped(self, batch: MetricBatch) -> MetricBatch:
        """Give points without a time the server's."""
        if None not in batch.columns.times:
            return batch
        at = self._clock()
        points = [
            Point(key, value, step, at if its is None else its)
            for key, value, step, its in zip(*batch.columns, strict=True)
        ]
        return replace(batch, points=points)
