from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence

import pytest

from submarine.core.batching import Batcher
from submarine.core.errors import BusyError, ConflictError, UnavailableError


class Flusher:
    """Doubles numbers, one batch at a time, only while the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.batches: list[list[int]] = []
        self.began = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        self.began.set()
        await self.gate.wait()
        if any(item == 666 for item in items):
            raise UnavailableError("the database is away")
        return [ConflictError(f"{item} is odd") if item % 2 else item * 2 for item in items]


async def held(flusher: Flusher, batcher: Batcher[int, int]) -> asyncio.Task[int]:
    """Return the task of an item that is being flushed and stays so until the gate opens."""
    flusher.gate.clear()
    flusher.began.clear()
    task = asyncio.create_task(batcher.add(0))
    await flusher.began.wait()
    return task


async def test_an_idle_batcher_flushes_a_single_item_at_once() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 10) as batcher:
        assert await batcher.add(4) == 8
    assert flusher.batches == [[4]]


async def test_what_arrives_during_a_flush_goes_together_in_the_next() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 10) as batcher:
        first = await held(flusher, batcher)
        rest = [asyncio.create_task(batcher.add(n)) for n in (2, 4, 6)]
        await asyncio.sleep(0)
        flusher.gate.set()
        assert await asyncio.gather(first, *rest) == [0, 4, 8, 12]
    assert flusher.batches == [[0], [2, 4, 6]]


async def test_an_exception_for_one_item_reaches_only_its_caller() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 10) as batcher:
        answers = await asyncio.gather(*(batcher.add(n) for n in (2, 3, 4)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["4", "3 is odd", "8"]
    assert flusher.batches == [[2, 3, 4]]


async def test_a_flush_that_raises_fails_its_items_and_the_next_goes_on() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 2, 10) as batcher:
        answers = await asyncio.gather(*(batcher.add(n) for n in (2, 666, 4, 6)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [UnavailableError, UnavailableError, int, int]
        assert await batcher.add(8) == 16


async def test_a_flush_that_answers_too_few_fails_instead_of_hanging() -> None:
    async def forgetful(items: Sequence[int]) -> Sequence[int | Exception]:
        return items[1:]

    async with Batcher(forgetful, 10, 10) as batcher:
        with pytest.raises(RuntimeError, match="1 items were flushed, 0 answered"):
            await batcher.add(2)


async def test_a_full_queue_says_busy_and_when_to_come_again() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 3) as batcher:
        first = await held(flusher, batcher)
        rest = [asyncio.create_task(batcher.add(2)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="3 writes are waiting already") as caught:
            await batcher.add(2)
        assert 0 < caught.value.retry_after <= 30
        flusher.gate.set()
        await asyncio.gather(first, *rest)
        assert await batcher.add(2) == 4


async def test_weights_bound_a_batch_and_a_heavy_item_goes_alone() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 1000) as batcher:
        first = await held(flusher, batcher)
        rest = [
            asyncio.create_task(batcher.add(n, weight)) for n, weight in ((2, 6), (4, 5), (6, 50), (8, 1))
        ]
        await asyncio.sleep(0)
        assert batcher.waiting == 62
        flusher.gate.set()
        await asyncio.gather(first, *rest)
    assert flusher.batches == [[0], [2], [4], [6], [8]]


async def test_an_item_heavier_than_the_queue_is_taken_when_nobody_waits() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 3) as batcher:
        assert await batcher.add(2, 50) == 4


async def test_a_caller_cancelled_while_waiting_leaves_nothing_behind() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 10) as batcher:
        first = await held(flusher, batcher)
        gone, stays = asyncio.create_task(batcher.add(2)), asyncio.create_task(batcher.add(4))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        flusher.gate.set()
        assert (await first, await stays) == (0, 8)
    assert flusher.batches == [[0], [4]]


async def test_a_caller_cancelled_during_its_flush_harms_no_other() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 10) as batcher:
        first = await held(flusher, batcher)
        gone, stays = asyncio.create_task(batcher.add(2)), asyncio.create_task(batcher.add(4))
        await asyncio.sleep(0)
        first.cancel()
        flusher.began.clear()
        await asyncio.wait([first])
        assert first.cancelled()
        flusher.gate.set()
        assert (await gone, await stays) == (4, 8)


async def test_closing_drains_what_was_taken_and_refuses_what_comes_later() -> None:
    flusher = Flusher()
    batcher = Batcher(flusher, 1, 10)
    first = await held(flusher, batcher)
    second = asyncio.create_task(batcher.add(2))
    await asyncio.sleep(0)
    closing = asyncio.create_task(batcher.aclose())
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError, match="shutting down"):
        await batcher.add(4)
    assert not closing.done()
    flusher.gate.set()
    await closing
    assert (first.result(), second.result()) == (0, 4)
    await batcher.aclose()


async def test_another_flush_begins_beside_the_first_once_enough_waits_for_it() -> None:
    flusher = Flusher()
    async with Batcher(flusher, 10, 100, flushes=2, worth=6) as batcher:
        first = await held(flusher, batcher)
        rest = [asyncio.create_task(batcher.add(n, weight=2)) for n in (2, 4)]
        await asyncio.sleep(0.01)
        assert flusher.batches == [[0]]
        rest += [asyncio.create_task(batcher.add(n, weight=2)) for n in (6, 8)]
        rest += [asyncio.create_task(batcher.add(n, weight=5)) for n in (10, 12)]
        await asyncio.sleep(0.01)
        assert flusher.batches == [[0], [2, 4, 6, 8]]  # and no third, though enough waits
        flusher.gate.set()
        assert await asyncio.gather(first, *rest) == [0, 4, 8, 12, 16, 20, 24]
    assert flusher.batches == [[0], [2, 4, 6, 8], [10, 12]]


async def test_items_of_one_group_are_never_in_two_flushes_at_a_time_and_stay_in_order() -> None:
    inside: set[str] = set()
    flushed: list[str] = []

    async def flush(items: Sequence[str]) -> Sequence[str | Exception]:
        groups = {item[0] for item in items}
        assert not groups & inside
        inside.update(groups)
        await asyncio.sleep(0.001)
        inside.difference_update(groups)
        flushed.extend(items)
        return items

    items = [f"{group}{n:03}" for n in range(60) for group in ("a" if n % 3 else "abc")]
    async with Batcher(flush, 5, 1000, flushes=3, group=lambda item: item[0]) as batcher:
        assert await asyncio.gather(*map(batcher.add, items)) == items
    for group in "abc":
        assert [item for item in flushed if item[0] == group] == [i for i in items if i[0] == group]


async def test_closing_waits_for_every_flush() -> None:
    flusher = Flusher()
    batcher = Batcher(flusher, 1, 10, flushes=2, group=lambda _: object())
    tasks = [await held(flusher, batcher), await held(flusher, batcher)]
    tasks.append(asyncio.create_task(batcher.add(2)))
    await asyncio.sleep(0)
    closing = asyncio.create_task(batcher.aclose())
    await asyncio.sleep(0)
    assert not closing.done()
    flusher.gate.set()
    await closing
    assert [task.result() for task in tasks] == [0, 0, 4]


async def test_a_cancelled_flush_harms_nobody_in_the_one_beside_it() -> None:
    flusher = Flusher()
    batcher = Batcher(flusher, 1, 10, flushes=2, group=lambda _: object())
    tasks = [await held(flusher, batcher)]
    (worker,) = batcher._workers
    tasks += [await held(flusher, batcher), asyncio.create_task(batcher.add(2))]
    await asyncio.sleep(0)
    worker.cancel()
    await asyncio.wait([tasks[0]], timeout=10)
    assert tasks[0].cancelled()
    flusher.gate.set()
    assert await asyncio.gather(*tasks[1:]) == [0, 4]
    await batcher.aclose()


async def test_the_flush_does_not_inherit_the_context_of_a_request() -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    seen: list[str] = []

    async def flush(items: Sequence[int]) -> Sequence[int | Exception]:
        seen.append(request.get())
        return items

    async with Batcher(flush, 10, 10) as batcher:
        request.set("a")
        await batcher.add(1)
    assert seen == ["none"]


async def test_a_cancelled_worker_releases_everybody() -> None:
    flusher = Flusher()
    batcher = Batcher(flusher, 1, 10)
    first = await held(flusher, batcher)
    second = asyncio.create_task(batcher.add(2))
    await asyncio.sleep(0)
    (worker,) = batcher._workers
    worker.cancel()
    done, _ = await asyncio.wait([first, second], timeout=10)
    assert len(done) == 2
    assert first.cancelled()
    assert second.cancelled()


async def test_a_worker_cancelled_before_its_first_step_releases_everybody() -> None:
    batcher = Batcher(Flusher(), 1, 10)
    waiting = asyncio.create_task(batcher.add(2))
    await asyncio.sleep(0)
    (worker,) = batcher._workers
    worker.cancel()
    done, _ = await asyncio.wait([waiting], timeout=10)
    assert done == {waiting}
    assert waiting.cancelled()
