"""What is put is what is got, all of it or a range."""

from __future__ import annotations

import pytest

from submarine.contracts.object_store.kit import ObjectStoreKit, Open
from submarine.contracts.object_store.streams import BIG, listed, pieces, read
from submarine.core.clock import now
from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.ports.object_store import ObjectStore


@pytest.mark.asyncio
class Storing(ObjectStoreKit):
    """What is put is what is got, all of it or a range."""

    async def test_what_is_put_is_what_is_got(self, store: ObjectStore, base: str) -> None:
        """Bytes come back as they were, none of them special."""
        await store.put(f"{base}/a", BIG)
        assert await read(store, f"{base}/a") == BIG

    async def test_nothing_is_an_object_too(self, store: ObjectStore, base: str) -> None:
        """An empty object exists."""
        assert await store.put(f"{base}/empty", b"") == 0
        assert (await store.stat(f"{base}/empty")).size == 0
        assert await read(store, f"{base}/empty") == b""

    async def test_a_stream_is_stored_whole(self, store: ObjectStore, base: str) -> None:
        """Pieces of any size, empty ones too, make one object."""
        size = await store.put(f"{base}/s", pieces(b"", b"a", BIG, b"", b"z"))
        assert await read(store, f"{base}/s") == b"a" + BIG + b"z"
        assert size == len(BIG) + 2

    async def test_put_returns_the_size(self, store: ObjectStore, base: str) -> None:
        """The answer of put is the number of bytes stored."""
        assert await store.put(f"{base}/a", b"12345") == 5
        assert await store.put(f"{base}/a", pieces(b"12", b"3")) == 3

    async def test_putting_again_replaces(self, store: ObjectStore, base: str) -> None:
        """The second object takes the place of the first, whole."""
        await store.put(f"{base}/a", b"a long first one")
        await store.put(f"{base}/a", b"second")
        assert await read(store, f"{base}/a") == b"second"
        assert (await store.stat(f"{base}/a")).size == 6

    @pytest.mark.parametrize(
        ("offset", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (0, 4, b"0123"),
            (3, 4, b"3456"),
            (7, 100, b"789"),
            (3, 0, b""),
            (10, None, b""),
            (1000, None, b""),
            (1000, 5, b""),
        ],
    )
    async def test_a_range_is_those_bytes(
        self, store: ObjectStore, base: str, offset: int, length: int | None, expected: bytes
    ) -> None:
        """Offset and length cut as a slice does; beyond the end there is nothing."""
        await store.put(f"{base}/a", b"0123456789")
        assert await read(store, f"{base}/a", offset, length) == expected

    async def test_a_range_of_a_big_object_is_those_bytes(self, store: ObjectStore, base: str) -> None:
        """A range that spans chunks starts and ends on the byte."""
        await store.put(f"{base}/a", BIG)
        assert await read(store, f"{base}/a", 70_001, 600_003) == BIG[70_001 : 70_001 + 600_003]

    async def test_a_negative_range_is_refused(self, store: ObjectStore, base: str) -> None:
        """It is a slip, not a count from the end."""
        await store.put(f"{base}/a", b"0123")
        for offset, length in ((-1, None), (0, -1)):
            with pytest.raises(InvalidError):
                await read(store, f"{base}/a", offset, length)

    async def test_stat_tells_size_and_age(self, store: ObjectStore, base: str) -> None:
        """Age is in Unix milliseconds, by a clock near ours."""
        before = now()
        await store.put(f"{base}/a", b"12345")
        info = await store.stat(f"{base}/a")
        assert (info.key, info.size) == (f"{base}/a", 5)
        assert before - self.clock_skew * 1000 <= info.modified <= now() + self.clock_skew * 1000

    async def test_what_is_absent_is_not_found(self, store: ObjectStore, base: str) -> None:
        """Neither is a folder that only holds objects, nor a key below an object."""
        await store.put(f"{base}/folder/a", b"1")
        for key in (f"{base}/nothing", f"{base}/folder", f"{base}/folder/a/b"):
            with pytest.raises(NotFoundError):
                await store.stat(key)
            with pytest.raises(NotFoundError):
                await read(store, key)

    async def test_what_is_deleted_is_gone(self, store: ObjectStore, base: str) -> None:
        """Nothing of it is found or listed, and its neighbours stay."""
        await store.put(f"{base}/x/a", b"1")
        await store.put(f"{base}/x/b", b"2")
        await store.delete(f"{base}/x/a")
        with pytest.raises(NotFoundError):
            await store.stat(f"{base}/x/a")
        with pytest.raises(NotFoundError):
            await read(store, f"{base}/x/a")
        assert await listed(store, f"{base}/") == [f"{base}/x/b"]

    async def test_deleting_what_is_absent_does_nothing(self, store: ObjectStore, base: str) -> None:
        """Deleting twice is deleting once; a folder is no object."""
        await store.put(f"{base}/x/a", b"1")
        await store.put(f"{base}/x/b", b"1")
        for key in (f"{base}/x/a", f"{base}/x/a", f"{base}/nothing/at/all", f"{base}/x", f"{base}/x/b/c"):
            await store.delete(key)
        assert await listed(store, f"{base}/") == [f"{base}/x/b"]

    async def test_objects_outlive_the_adapter(self, store: ObjectStore, reopened: Open, base: str) -> None:
        """A server that starts again finds them."""
        await store.put(f"{base}/a", b"1")
        async with reopened() as again:
            assert await read(again, f"{base}/a") == b"1"
