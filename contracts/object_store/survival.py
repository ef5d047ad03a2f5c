"""Promises for writers that are killed, stores that are full and clocks that differ."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager

import pytest

from submarine.contracts.faults.clocks import HOUR, clock_off
from submarine.contracts.object_store.kit import Dying, ObjectStoreKit, Open
from submarine.contracts.object_store.streams import BIG, halting, listed, read
from submarine.core.errors import UnavailableError
from submarine.core.ports.object_store import ObjectStore


@pytest.mark.asyncio
class Survival(ObjectStoreKit):
    """What is whole stays whole."""

    async def test_a_writer_that_is_killed_leaves_the_old_object(
        self, store: ObjectStore, base: str, dying: Dying
    ) -> None:
        """Nobody tidies up after it, and nothing of what it had written is ever seen."""
        await store.put(f"{base}/a", b"old")
        async with dying(f"{base}/a"), dying(f"{base}/new"):
            assert await read(store, f"{base}/a") == b"old"
        assert await read(store, f"{base}/a") == b"old"
        assert await listed(store, f"{base}/") == [f"{base}/a"]
        await store.put(f"{base}/a", b"newer")
        assert await read(store, f"{base}/a") == b"newer"

    async def test_a_full_store_says_so_and_keeps_what_it_has(
        self, store: ObjectStore, base: str, full: AbstractContextManager[None]
    ) -> None:
        """What does not fit is unavailable, not half there; with room again it is stored."""
        await store.put(f"{base}/a", b"old")
        with full:
            for key in (f"{base}/a", f"{base}/new"):
                with pytest.raises(UnavailableError):
                    await store.put(key, BIG)
            assert await read(store, f"{base}/a") == b"old"
            assert await listed(store, f"{base}/") == [f"{base}/a"]
        await store.put(f"{base}/b", BIG)
        assert await listed(store, f"{base}/") == [f"{base}/a", f"{base}/b"]

    @pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["behind", "ahead"])
    async def test_a_wrong_clock_spoils_no_upload(
        self, store: ObjectStore, reopened: Open, base: str, off: int
    ) -> None:
        """A server whose clock is off opens the store, and others go on writing."""
        started, go_on = asyncio.Event(), asyncio.Event()
        putting = asyncio.ensure_future(store.put(f"{base}/a", halting(started, go_on)))
        async with asyncio.timeout(self.patience):
            await started.wait()
            with clock_off(off):
                async with reopened() as another:
                    await another.put(f"{base}/b", b"1")
                    assert await read(another, f"{base}/b") == b"1"
            go_on.set()
            await putting
        assert await read(store, f"{base}/a") == BIG + b"end"
