"""Promises for a backend that says nothing, little by little, or nonsense: that is no object."""

from __future__ import annotations

import pytest

from submarine.contracts.faults import Cut, FaultyLink, Garbage, Hanging, Slow
from submarine.contracts.faults.calls import NO_VERDICT, each_raises, measured
from submarine.contracts.faults.kinds import GARBAGE
from submarine.contracts.object_store.kit import ObjectStoreKit
from submarine.contracts.object_store.losses import verbs
from submarine.contracts.object_store.streams import pieces, read
from submarine.core.errors import UnavailableError
from submarine.core.ports.object_store import ObjectStore


@pytest.mark.asyncio
class Nonsense(ObjectStoreKit):
    """A bad answer is no answer."""

    async def test_a_backend_that_hangs_is_unavailable_in_time(
        self, store: ObjectStore, base: str, link: FaultyLink
    ) -> None:
        """Every call gives up as its documentation says, and the event loop goes on meanwhile."""
        await store.put(f"{base}/a", b"old")
        with link.suffering(Hanging()):
            async with measured() as stutter:
                await each_raises(verbs(store, base), UnavailableError, within=self.gives_up)
        assert stutter.longest < self.stutter, "the event loop stood still"
        assert await read(store, f"{base}/a") == b"old"

    async def test_a_slow_backend_is_only_slow(self, store: ObjectStore, base: str, link: FaultyLink) -> None:
        """What takes its time is done all the same."""
        with link.suffering(Slow()):
            await store.put(f"{base}/a", pieces(b"slow " * 10_000, b"but sure"))
            assert await read(store, f"{base}/a") == b"slow " * 10_000 + b"but sure"

    @pytest.mark.parametrize("kind", GARBAGE)
    async def test_garbage_is_no_object(
        self, store: ObjectStore, base: str, link: FaultyLink, kind: str
    ) -> None:
        """Neither content nor absence nor a bare error of some library, whatever is asked."""
        await store.put(f"{base}/a", b"old")
        with link.suffering(Garbage(GARBAGE[kind])):
            await each_raises(verbs(store, base), *NO_VERDICT, within=self.gives_up)
        assert await read(store, f"{base}/a") == b"old"

    @pytest.mark.parametrize("passed", [1, 10])
    async def test_half_an_answer_is_no_answer(
        self, store: ObjectStore, base: str, link: FaultyLink, passed: int
    ) -> None:
        """Where it breaks off after some bytes, nothing is made of them."""
        await store.put(f"{base}/a", b"old")
        with link.suffering(Cut(answers=passed)):
            await each_raises(verbs(store, base), *NO_VERDICT, within=self.gives_up)
        assert await read(store, f"{base}/a") == b"old"
