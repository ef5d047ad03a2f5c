"""Many small writes of concurrent callers, done as a few large ones (group commit)."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from submarine.core.errors import BusyError, UnavailableError

In = TypeVar("In")
Out = TypeVar("Out")

Flush = Callable[[Sequence[In]], Awaitable[Sequence[Out | Exception]]]

_SHORTEST_RETRY = 0.1
_LONGEST_RETRY = 30.0


class _Waiter(Generic[In, Out]):
    """One caller's item and where its answer goes."""

    __slots__ = ("answer", "item", "weight")

    def __init__(self, item: In, weight: int, answer: asyncio.Future[Out]) -> None:
        self.item = item
        self.weight = weight
        self.answer = answer


class Batcher(Generic[In, Out]):
    """Runs one flush at a time, or a few; what arrives meanwhile goes together in the next.

    There is no timer: an idle batcher flushes at once, a busy one makes batches as large as the load.
    *limit* is the greatest weight of one flush (a heavier item goes alone), *waiting* the greatest
    weight in the queue. *flush* answers in the order of its items, an exception standing for the one
    item that failed; one that raises fails all of its items.

    Up to *flushes* run at a time: another one begins beside those that run once a weight of *worth*
    waits, so that a light load still shares its flushes. Items of one *group* never are in two at a
    time, which keeps them in order.
    """

    def __init__(
        self,
        flush: Flush[In, Out],
        limit: int,
        waiting: int,
        *,
        flushes: int = 1,
        worth: int = 1,
        group: Callable[[In], Hashable] = id,
    ) -> None:
        self._flush = flush
        self._limit = limit
        self._bound = waiting
        self._flushes = flushes
        self._worth = worth
        self._group = group
        self._queue: deque[_Waiter[In, Out]] = deque()
        self._weight = 0
        self._pace = 0.0  # seconds per unit of weight, as last seen
        self._workers: set[asyncio.Task[None]] = set()
        self._running: list[Collection[Hashable]] = []  # the groups of each flush
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def waiting(self) -> int:
        """The weight in the queue, without what is being flushed."""
        return self._weight

    async def add(self, item: In, weight: int = 1) -> Out:
        """Return what the flush answered for *item*, or raise what it says went wrong.

        Raise `BusyError` if the queue is full, `UnavailableError` once closed. A caller cancelled before
        its flush began leaves nothing behind; one cancelled later does not stop the flush.
        """
        return await self.put(item, weight)

    def put(self, item: In, weight: int = 1) -> asyncio.Future[Out]:
        """Return where the answer for *item* will be; see `add`. Who has many needs no task for each."""
        if self._closed:
            raise UnavailableError("the server is shutting down")
        if self._queue and self._weight + weight > self._bound:
            raise BusyError(f"{self._weight} writes are waiting already", self._retry_after())
        # not _Waiter[In, Out](…): to call an alias costs more than all the rest here
        waiter: _Waiter[In, Out] = _Waiter(item, weight, asyncio.get_running_loop().create_future())
        self._queue.append(waiter)
        self._weight += weight
        if not self._workers or (len(self._workers) < self._flushes and self._weight >= self._worth):
            # An empty context: the worker outlives the request that happened to start it.
            worker = asyncio.create_task(self._work(), context=contextvars.Context())
            self._workers.add(worker)
            worker.add_done_callback(self._over)
        return waiter.answer

    async def aclose(self) -> None:
        """Refuse new items, and return when all that were taken are flushed; twice is as good as once."""
        self._closed = True
        while self._workers:
            await asyncio.wait(self._workers)

    async def _work(self) -> None:
        try:
            while batch := self._next():
                began = time.monotonic()
                await self._apart(batch)
                weight = sum(waiter.weight for waiter in batch)
                self._pace = (time.monotonic() - began) / max(weight, 1)
        finally:
            self._workers.discard(cast(asyncio.Task[None], asyncio.current_task()))

    async def _apart(self, batch: Sequence[_Waiter[In, Out]]) -> None:
        """Flush *batch*, and none of its groups elsewhere meanwhile."""
        groups = frozenset(self._group(waiter.item) for waiter in batch)
        self._running.append(groups)
        try:
            await self._settle(batch)
        finally:
            self._running.remove(groups)

    def _next(self) -> list[_Waiter[In, Out]]:
        """Take the batch to flush, in order of arrival, leaving out who went away.

        None if what waits is the business of the flushes that run.
        """
        batch: list[_Waiter[In, Out]] = []
        if self._running and self._weight < self._worth:
            return batch
        total = 0
        held: list[_Waiter[In, Out]] = []
        while self._queue and (not batch or total + self._queue[0].weight <= self._limit):
            waiter = self._queue.popleft()
            if any(self._group(waiter.item) in groups for groups in self._running):
                held.append(waiter)
                continue
            self._weight -= waiter.weight
            if not waiter.answer.done():
                batch.append(waiter)
                total += waiter.weight
        self._queue.extendleft(reversed(held))
        return batch

    async def _settle(self, batch: Sequence[_Waiter[In, Out]]) -> None:
        outcomes: Sequence[Out | Exception]
        try:
            outcomes = await self._flush([waiter.item for waiter in batch])
            if len(outcomes) != len(batch):
                raise RuntimeError(f"{len(batch)} items were flushed, {len(outcomes)} answered")  # noqa: TRY301
        except asyncio.CancelledError:
            for waiter in batch:
                waiter.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, and the next batch must go on
            outcomes = [error] * len(batch)
        for waiter, outcome in zip(batch, outcomes, strict=True):
            if waiter.answer.done():
                continue
            if isinstance(outcome, Exception):
                waiter.answer.set_exception(outcome)
            else:
                waiter.answer.set_result(outcome)

    def _over(self, worker: asyncio.Task[None]) -> None:
        """Release everybody still waiting if *worker* was the last, and was cancelled.

        Perhaps before its first step.
        """
        self._workers.discard(worker)
        if self._workers or not worker.cancelled():
            return
        for waiter in self._queue:
            waiter.answer.cancel()
        self._queue.clear()
        self._weight = 0

    def _retry_after(self) -> float:
        return min(max(self._pace * self._weight, _SHORTEST_RETRY), _LONGEST_RETRY)
