"""Object stores behind a link that break one promise about its faults each; some by their backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import ClassVar

from typing_extensions import override

from submarine.adapters.memory.object_store import MemoryObjectStore
from submarine.contracts.object_store.losses import Losses
from submarine.contracts.object_store.nonsense import Nonsense
from submarine.core.errors import AdapterError, ConflictError, NotFoundError, UnavailableError
from submarine.core.ports.object_store import ObjectInfo
from tests.contracts.wired.object_store import WiredObjectStore
from tests.contracts.wired.pieces import PiecewiseObjectStore
from tests.contracts.wired.suite import Wiretapped

Data = bytes | AsyncIterable[bytes]


class Wired(WiredObjectStore):
    """Honest in all that a subclass does not twist."""

    backend: ClassVar[type[MemoryObjectStore]] = PiecewiseObjectStore


class FindsNothingWhenAway(Wired):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except UnavailableError as error:
            raise NotFoundError(f"no object {key!r}") from error


class StaysAway(Wired):
    away = False

    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except UnavailableError:
            self.away = True
            raise

    @override
    async def put(self, key: str, data: Data) -> int:
        if self.away:
            raise UnavailableError("it was away before")
        return await super().put(key, data)


class RefusesARepetition(Wired):
    in_doubt = False

    @override
    async def put(self, key: str, data: Data) -> int:
        if self.in_doubt and key in [info.key async for info in self.list(key)]:
            raise ConflictError(f"{key!r} is there already")
        try:
            return await super().put(key, data)
        except UnavailableError:
            self.in_doubt = True
            raise


class MissesWhatIsGone(Wired):
    @override
    async def delete(self, key: str) -> None:
        await self.stat(key)
        await super().delete(key)

    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except UnavailableError:
            await self.wire.ask("delete", key)
            raise


class AppendsARepetition(MemoryObjectStore):
    @override
    async def put(self, key: str, data: Data) -> int:
        assert isinstance(data, bytes)
        old, _ = self._objects.get(key, (b"", 0))
        await super().put(key, old + data if old == data else data)
        return len(data)


class Appends(Wired):
    backend = AppendsARepetition


class MakesWayFirst(Wired):
    @override
    async def put(self, key: str, data: Data) -> int:
        await self.delete(key)
        return await super().put(key, data)


class EndsQuietly(Wired):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        try:
            async for piece in super().get(key, offset=offset, length=length):
                yield piece
        except UnavailableError:
            return


class ListsQuietly(Wired):
    @override
    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        try:
            async for info in super().list(prefix):
                yield info
        except UnavailableError:
            return


class BlocksTheLoop(Wired):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except UnavailableError:
            time.sleep(1.5)  # noqa: ASYNC251 - the lie
            raise


class HasNoPatience(Wired):
    @override
    async def put(self, key: str, data: Data) -> int:
        try:
            async with asyncio.timeout(0.05):
                return await super().put(key, data)
        except TimeoutError as error:
            raise UnavailableError("too slow") from error


class TakesGarbageForAbsence(Wired):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except AdapterError as error:
            raise NotFoundError(f"no object {key!r}") from error


class LetsBareErrorsOut(Wired):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        try:
            return await super().stat(key)
        except UnavailableError as error:
            raise error.__cause__ or error from None


LIARS: dict[str, type[Wired]] = {
    "test_while_the_backend_is_away_every_call_says_so": FindsNothingWhenAway,
    "test_after_an_outage_all_is_as_it_was": StaysAway,
    "test_a_put_whose_answer_is_lost_can_be_repeated": RefusesARepetition,
    "test_a_delete_whose_answer_is_lost_can_be_repeated": MissesWhatIsGone,
    "test_what_is_delivered_twice_is_done_once": Appends,
    "test_a_put_that_is_cut_leaves_the_old_object": MakesWayFirst,
    "test_a_get_that_is_cut_is_never_a_short_object": EndsQuietly,
    "test_a_list_that_is_cut_is_never_a_short_list": ListsQuietly,
    "test_a_backend_that_hangs_is_unavailable_in_time": BlocksTheLoop,
    "test_a_slow_backend_is_only_slow": HasNoPatience,
    "test_garbage_is_no_object": TakesGarbageForAbsence,
    "test_half_an_answer_is_no_answer": LetsBareErrorsOut,
}


class Faults(Losses, Nonsense):
    """All that needs a link."""


class Suite(Wiretapped, Faults):
    __test__ = False
    liars = LIARS
    honest = Wired
