"""Keys obey one law, and are listed in one order."""

from __future__ import annotations

from typing import Final

import pytest

from submarine.contracts.object_store.kit import ObjectStoreKit
from submarine.contracts.object_store.streams import listed, read
from submarine.core.errors import ConflictError, InvalidError
from submarine.core.ports.object_store import ObjectStore

MALFORMED: Final = (
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/..",
    "../a",
    "a/./b",
    "a/../b",
    "a b",
    "a\n",
    "a\x00b",
    "a\\b",
    "a+b",
    "ä",
    "a/" + "b" * 256,
    "/".join(["c" * 99] * 11),
)
"""Keys outside the law; the last two are too long, in a part and in all."""


@pytest.mark.asyncio
class Naming(ObjectStoreKit):
    """Keys obey one law, and are listed in one order."""

    async def test_list_is_in_order_of_key(self, store: ObjectStore, base: str) -> None:
        """The order is that of the whole key's bytes, where folders are nothing special."""
        keys = [
            f"{base}/{k}" for k in ("a-b", "a.b", "a/b", "a/c/d", "a0", "B", "b", "a_b", "a/c-1", "a/c.1")
        ]
        for key in keys:
            await store.put(key, b"1")
        assert await listed(store, f"{base}/") == sorted(keys)

    async def test_list_tells_what_stat_tells(self, store: ObjectStore, base: str) -> None:
        """No second call is needed for size and age."""
        await store.put(f"{base}/x/a", b"12345")
        assert [info async for info in store.list(f"{base}/")] == [await store.stat(f"{base}/x/a")]

    async def test_a_prefix_need_not_end_with_a_folder(self, store: ObjectStore, base: str) -> None:
        """It is the beginning of a string."""
        for key in ("run-1/a", "run-10/a", "run-2/a", "run-1"[:-1] + "x"):
            await store.put(f"{base}/{key}", b"1")
        assert await listed(store, f"{base}/run-1") == [f"{base}/run-1/a", f"{base}/run-10/a"]
        assert await listed(store, f"{base}/run-1/") == [f"{base}/run-1/a"]
        assert await listed(store, f"{base}/run-3") == []
        assert await listed(store, f"{base}/run-1/a") == [f"{base}/run-1/a"]

    @pytest.mark.parametrize("key", MALFORMED)
    async def test_a_malformed_key_is_refused(self, store: ObjectStore, key: str) -> None:
        """Every verb says so, and names the field."""
        for verb in (store.put(key, b"1"), read(store, key), store.stat(key), store.delete(key)):
            with pytest.raises(InvalidError) as caught:
                await verb
            assert [fault.field for fault in caught.value.faults] == ["key"]

    @pytest.mark.parametrize(
        "prefix", ["/", "/a", "a//", "../", "a/../b", "./a", "a b", "a\n", "ä", "a/" * 600]
    )
    async def test_a_prefix_of_no_key_is_refused(self, store: ObjectStore, prefix: str) -> None:
        """A listing never leaves the store."""
        with pytest.raises(InvalidError):
            await listed(store, prefix)

    async def test_the_longest_keys_work(self, store: ObjectStore, base: str) -> None:
        """A part of 255 characters, a key of 1,024, and dots wherever they are no path."""
        deep = f"{base}/" + "/".join(["d" * 100] * 9)
        for key in (
            f"{base}/{'p' * 255}",
            deep + "/" + "e" * (1023 - len(deep)),
            f"{base}/.a",
            f"{base}/..a/-",
        ):
            await store.put(key, b"1")
            assert await read(store, key) == b"1"
        assert len(await listed(store, f"{base}/..")) == 1

    async def test_an_object_below_an_object_is_kept_or_refused(self, store: ObjectStore, base: str) -> None:
        """Where keys are paths it is a conflict; either way the first is unharmed."""
        await store.put(f"{base}/a", b"above")
        try:
            await store.put(f"{base}/a/b", b"below")
        except ConflictError:
            assert await listed(store, f"{base}/") == [f"{base}/a"]
        else:
            assert await read(store, f"{base}/a/b") == b"below"
        assert await read(store, f"{base}/a") == b"above"
