from __future__ import annotations

import asyncio

from submarine.core.access.expiring import Expiring


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Source:
    def __init__(self, value: int | None = 0) -> None:
        self.value = value
        self.asked = 0

    async def __call__(self) -> int | None:
        self.asked += 1
        return self.value


async def test_an_answer_is_kept_for_its_time() -> None:
    time, source = Time(), Source(0)
    cache: Expiring[str, int | None] = Expiring(5.0, 10, time)
    assert [await cache.get("a", source) for _ in range(3)] == [0, 0, 0]
    assert source.asked == 1
    time.now = 5.1
    source.value = 7
    assert await cache.get("a", source) == 7
    assert source.asked == 2


async def test_nothing_found_is_asked_for_again() -> None:
    source = Source(None)
    cache: Expiring[str, int | None] = Expiring(5.0, 10)
    await cache.get("a", source)
    source.value = 1
    assert await cache.get("a", source) == 1


async def test_an_answer_read_before_a_change_is_not_kept_after_it() -> None:
    reading, changed = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        reading.set()
        await changed.wait()
        return 1  # as it was before the change

    cache: Expiring[str, int] = Expiring(5.0, 10)
    task = asyncio.create_task(cache.get("a", slow))
    await reading.wait()
    cache.clear()
    changed.set()
    assert await task == 1
    assert cache.find("a") is None


async def test_the_oldest_answers_give_way() -> None:
    cache: Expiring[int, int | None] = Expiring(5.0, 3)
    for n in range(10):
        await cache.get(n, Source(n))
    assert [n for n in range(10) if cache.find(n) is not None] == [7, 8, 9]
