"""Nobody ever sees a part of an object, whoever dies, gives up or comes at the same time."""

from __future__ import annotations

import asyncio

import pytest

from submarine.contracts.object_store.kit import ObjectStoreKit
from submarine.contracts.object_store.streams import BIG, breaking, halting, listed, pieces, read
from submarine.core.errors import NotFoundError
from submarine.core.ports.object_store import ObjectStore


@pytest.mark.asyncio
class Wholeness(ObjectStoreKit):
    """Nobody ever sees a part of an object, whoever dies, gives up or comes at the same time."""

    async def test_an_object_is_unseen_until_it_is_whole(self, store: ObjectStore, base: str) -> None:
        """While a stream is being put, others see what was there before."""
        await store.put(f"{base}/old", b"old")
        for key, expected in ((f"{base}/new", []), (f"{base}/old", [f"{base}/old"])):
            started, go_on = asyncio.Event(), asyncio.Event()
            putting = asyncio.ensure_future(store.put(key, halting(started, go_on)))
            async with asyncio.timeout(self.patience):
                await started.wait()
                assert await listed(store, key) == expected
                if expected:
                    assert await read(store, key) == b"old"
                go_on.set()
                await putting
            assert await read(store, key) == BIG + b"end"

    async def test_a_stream_that_breaks_leaves_nothing(self, store: ObjectStore, base: str) -> None:
        """Its own error comes out, and no part of it is ever seen."""
        with pytest.raises(ZeroDivisionError):
            await store.put(f"{base}/a", breaking())
        with pytest.raises(NotFoundError):
            await store.stat(f"{base}/a")
        assert await listed(store, f"{base}/") == []

    async def test_a_stream_that_breaks_leaves_the_old_object(self, store: ObjectStore, base: str) -> None:
        """Replacing is whole or not at all."""
        await store.put(f"{base}/a", b"old")
        with pytest.raises(ZeroDivisionError):
            await store.put(f"{base}/a", breaking())
        assert await read(store, f"{base}/a") == b"old"

    async def test_a_put_that_is_cancelled_leaves_the_old_object(self, store: ObjectStore, base: str) -> None:
        """A client that goes away in mid-upload has changed nothing."""
        await store.put(f"{base}/a", b"old")
        started = asyncio.Event()
        putting = asyncio.ensure_future(store.put(f"{base}/a", halting(started, asyncio.Event())))
        async with asyncio.timeout(self.patience):
            await started.wait()
            putting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await putting
        assert await read(store, f"{base}/a") == b"old"
        assert await listed(store, f"{base}/") == [f"{base}/a"]

    async def test_a_reader_meets_one_whole_object(self, store: ObjectStore, base: str) -> None:
        """What is replaced or deleted while it is read is read to its end."""
        old, new = b"o" * len(BIG), b"n" * len(BIG)
        await store.put(f"{base}/a", old)
        reader = store.get(f"{base}/a")
        first = await anext(reader)
        await store.put(f"{base}/a", new)
        assert first + b"".join([piece async for piece in reader]) == old
        assert await read(store, f"{base}/a") == new

    async def test_of_puts_at_once_one_wins_whole(self, store: ObjectStore, base: str) -> None:
        """Writers of one key do not mix."""
        contents = [bytes([number]) * 300_000 for number in range(8)]
        async with asyncio.timeout(self.patience):
            await asyncio.gather(
                *(store.put(f"{base}/a", pieces(c[:150_000], c[150_000:])) for c in contents)
            )
        assert await read(store, f"{base}/a") in contents

    async def test_putting_beside_deleting_never_fails(self, store: ObjectStore, base: str) -> None:
        """An emptied folder that goes away takes no newcomer with it."""

        async def come_and_go(name: str) -> None:
            for _ in range(15):
                await store.put(f"{base}/x/y/{name}", b"1")
                await store.delete(f"{base}/x/y/{name}")
            await store.put(f"{base}/x/y/{name}", b"last")

        names = [str(number) for number in range(6)]
        async with asyncio.timeout(self.patience):
            await asyncio.gather(*map(come_and_go, names))
        assert await listed(store, f"{base}/") == [f"{base}/x/y/{name}" for name in names]
