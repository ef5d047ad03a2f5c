"""Promises for a link that breaks: nothing half stored, nothing half read that looks whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from submarine.contracts.faults import Cut, FaultyLink, LostAnswer, Twice
from submarine.contracts.faults.calls import each_raises
from submarine.contracts.object_store.kit import ObjectStoreKit
from submarine.contracts.object_store.streams import BIG, listed, pieces, read
from submarine.core.errors import NotFoundError, UnavailableError
from submarine.core.ports.object_store import ObjectStore


def verbs(store: ObjectStore, base: str) -> Mapping[str, Awaitable[object]]:
    """Return one call of each method; the object ``a`` is there."""
    return {
        "put": store.put(f"{base}/new", b"new"),
        "put a stream": store.put(f"{base}/stream", pieces(b"a", b"stream")),
        "get": read(store, f"{base}/a"),
        "stat": store.stat(f"{base}/a"),
        "list": listed(store, f"{base}/"),
        "delete": store.delete(f"{base}/b"),
    }


@pytest.mark.asyncio
class Losses(ObjectStoreKit):
    """What was stored and not told of, told twice, or cut, is stored whole or not at all."""

    async def test_while_the_backend_is_away_every_call_says_so(
        self, store: ObjectStore, base: str, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """Never absent, never empty: unavailable."""
        await store.put(f"{base}/a", b"old")
        async with outage:
            await each_raises(verbs(store, base), UnavailableError, within=self.gives_up)

    async def test_after_an_outage_all_is_as_it_was(
        self, store: ObjectStore, base: str, outage: AbstractAsyncContextManager[None]
    ) -> None:
        """What was there is there, and the store is used as before."""
        await store.put(f"{base}/a", b"old")
        async with outage:
            with pytest.raises(UnavailableError):
                await store.stat(f"{base}/a")
        assert await read(store, f"{base}/a") == b"old"
        assert await store.put(f"{base}/a", b"newer") == 5

    async def test_a_put_whose_answer_is_lost_can_be_repeated(
        self, store: ObjectStore, base: str, link: FaultyLink
    ) -> None:
        """It may be stored already; either way it is there once and whole after the second."""
        with link.suffering(LostAnswer()), pytest.raises(UnavailableError):
            await store.put(f"{base}/a", b"whole")
        assert await listed(store, f"{base}/") in ([], [f"{base}/a"])
        assert await store.put(f"{base}/a", b"whole") == 5
        assert await read(store, f"{base}/a") == b"whole"
        assert await listed(store, f"{base}/") == [f"{base}/a"]

    async def test_a_delete_whose_answer_is_lost_can_be_repeated(
        self, store: ObjectStore, base: str, link: FaultyLink
    ) -> None:
        """That it is gone already is no error."""
        await store.put(f"{base}/a", b"1")
        with link.suffering(LostAnswer()), pytest.raises(UnavailableError):
            await store.delete(f"{base}/a")
        await store.delete(f"{base}/a")
        with pytest.raises(NotFoundError):
            await store.stat(f"{base}/a")

    async def test_what_is_delivered_twice_is_done_once(
        self, store: ObjectStore, base: str, link: FaultyLink
    ) -> None:
        """A network may repeat what it was given, and the caller knows nothing of it."""
        with link.suffering(Twice()):
            assert await store.put(f"{base}/a", b"once") == 4
            assert await store.put(f"{base}/b", b"gone") == 4
            await store.delete(f"{base}/b")
        assert await read(store, f"{base}/a") == b"once"
        assert await listed(store, f"{base}/") == [f"{base}/a"]

    @pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
    async def test_a_put_that_is_cut_leaves_the_old_object(
        self, store: ObjectStore, base: str, link: FaultyLink, reset: bool
    ) -> None:
        """What has arrived of the new one is never seen."""
        await store.put(f"{base}/a", b"old")
        with link.suffering(Cut(requests=100_000, reset=reset)):
            for data in (BIG, pieces(BIG, b"end")):
                with pytest.raises(UnavailableError):
                    async with asyncio.timeout(self.patience):
                        await store.put(f"{base}/a", data)
        assert await read(store, f"{base}/a") == b"old"
        assert await listed(store, f"{base}/") == [f"{base}/a"]

    @pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
    async def test_a_get_that_is_cut_is_never_a_short_object(
        self, store: ObjectStore, base: str, link: FaultyLink, reset: bool
    ) -> None:
        """The cut is an error, never an end; from the byte after the last one all the rest comes."""
        await store.put(f"{base}/a", BIG)
        got = bytearray()
        with link.suffering(Cut(answers=300_000, reset=reset)), pytest.raises(UnavailableError):
            await _hear(store.get(f"{base}/a"), got)
        assert bytes(got) + await read(store, f"{base}/a", len(got)) == BIG

    async def test_a_list_that_is_cut_is_never_a_short_list(
        self, store: ObjectStore, base: str, link: FaultyLink
    ) -> None:
        """Who believed it would take objects for deleted."""
        keys = [f"{base}/{number:02}-{'x' * 200}" for number in range(30)]
        await asyncio.gather(*(store.put(key, b"1") for key in keys))
        with link.suffering(Cut(answers=3_000)), pytest.raises(UnavailableError):
            await listed(store, f"{base}/")
        assert await listed(store, f"{base}/") == keys


async def _hear(content: AsyncIterator[bytes], heard: bytearray) -> None:
    """Add to *heard* what comes, as long as it comes."""
    async for piece in content:
        heard += piece
