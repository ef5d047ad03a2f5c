"""Object stores that break one promise each, named by the promise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from typing import ClassVar

import pytest
from typing_extensions import override

from submarine.adapters.memory.object_store import MemoryObjectStore
from submarine.contracts.object_store import ObjectStoreContract
from submarine.contracts.object_store.kit import Dying
from submarine.contracts.object_store.streams import BIG
from submarine.core.clock import now
from submarine.core.errors import InvalidError, UnavailableError
from submarine.core.ports.object_store import ObjectInfo, ObjectStore

Data = bytes | AsyncIterable[bytes]


class Liar(MemoryObjectStore):
    """Keeps what it stores over a restart, as long as it is not asked to forget."""

    forgets: ClassVar[bool] = False
    full = False

    @override
    async def put(self, key: str, data: Data) -> int:
        if self.full:
            raise UnavailableError("no room")
        return await super().put(key, data)

    def killed(self, key: str) -> None:
        """Hear that a writer of *key* was killed half way."""

    def keep(self, key: str, whole: bytes) -> None:
        self._objects[key] = whole, self._clock()


class Corrupts(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        return await super().put(key, data[:-1] + b"?" if data == BIG else data)


class IgnoresTheEmpty(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        return 0 if data == b"" else await super().put(key, data)


class LosesTheLastPiece(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        size = await super().put(key, data)
        whole, _ = self._objects[key]
        self.keep(key, whole.removesuffix(b"z"))
        return size


class CannotCount(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        size = await super().put(key, data)
        return 0 if isinstance(data, bytes) else size


class Overwrites(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        old, _ = self._objects.get(key, (b"", 0))
        size = await super().put(key, data)
        if isinstance(data, bytes):
            self.keep(key, data + old[len(data) :])
        return size


class TakesNothingForAll(Liar):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for piece in super().get(key, offset=offset, length=length or None):
            yield piece


class StopsAtAChunk(Liar):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async for piece in super().get(key, offset=offset, length=length and min(length, 65536)):
            yield piece


class CountsFromTheEnd(Liar):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        if offset >= 0 and (length is None or length >= 0):
            async for piece in super().get(key, offset=offset, length=length):
                yield piece


class TellsSeconds(Liar):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        info = await super().stat(key)
        return ObjectInfo(key=info.key, size=info.size, modified=info.modified // 1000)


class TakesFoldersForObjects(Liar):
    @override
    async def stat(self, key: str) -> ObjectInfo:
        if any(other.startswith(f"{key}/") for other in self._objects):
            return ObjectInfo(key=key, size=0, modified=0)
        return await super().stat(key)


class ReadsTheDead(Liar):
    @override
    async def delete(self, key: str) -> None:
        self.trash = self._objects.get(key)
        await super().delete(key)

    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        dead = getattr(self, "trash", None)
        if dead and key not in self._objects:
            yield dead[0]
        else:
            async for piece in super().get(key, offset=offset, length=length):
                yield piece


class MissesTheAbsent(Liar):
    @override
    async def delete(self, key: str) -> None:
        await super().stat(key)
        await super().delete(key)


class Forgets(Liar):
    forgets = True


class SortsByFolder(Liar):
    @override
    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        found = [info async for info in super().list(prefix)]
        for info in sorted(found, key=lambda info: info.key.split("/")):
            yield info


class ListsWithoutSize(Liar):
    @override
    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        async for info in super().list(prefix):
            yield ObjectInfo(key=info.key, size=0, modified=info.modified)


class IgnoresTheSlash(Liar):
    @override
    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        await anext(super().list(prefix), None)
        async for info in super().list(prefix.rstrip("/")):
            yield info


class DeletesAnything(Liar):
    @override
    async def delete(self, key: str) -> None:
        self._objects.pop(key, None)


class ListsAnything(Liar):
    @override
    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        for key in sorted(key for key in self._objects if key.startswith(prefix)):
            yield await self.stat(key)


class WantsShortNames(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        if any(len(part) == 255 for part in key.split("/")):
            raise InvalidError.of("key", "too long")
        return await super().put(key, data)


class MakesWay(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        self._objects.pop(key.rpartition("/")[0], None)
        return await super().put(key, data)


class ShowsParts(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        if isinstance(data, bytes):
            return await super().put(key, data)
        old, parts = self._objects.get(key), b""
        try:
            async for piece in data:
                parts += piece
                self.keep(key, parts)
        except BaseException:
            self._objects.pop(key)
            if old:
                self._objects[key] = old
            raise
        return len(parts)


class GivesUp(Liar):
    """Meets a stream that ends too soon; what then is the liar's own."""

    @override
    async def put(self, key: str, data: Data) -> int:
        try:
            return await super().put(key, data)
        except BaseException as error:
            self.gave_up(key, error)
            raise

    def gave_up(self, key: str, error: BaseException) -> None: ...


class KeepsAPart(GivesUp):
    @override
    def gave_up(self, key: str, error: BaseException) -> None:
        if isinstance(error, ZeroDivisionError) and key not in self._objects:
            self.keep(key, BIG)


class LosesTheOldWhenBroken(GivesUp):
    @override
    def gave_up(self, key: str, error: BaseException) -> None:
        if isinstance(error, ZeroDivisionError):
            self._objects.pop(key, None)


class LosesTheOldWhenCancelled(GivesUp):
    @override
    def gave_up(self, key: str, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._objects.pop(key, None)


class ReadsWhatIsThereNow(Liar):
    @override
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        wanted = length if length is not None else 2**40
        while True:
            step = min(65536, wanted)
            piece = b"".join([p async for p in MemoryObjectStore.get(self, key, offset=offset, length=step)])
            if wanted < 0 or not piece:
                return
            yield piece
            offset, wanted = offset + len(piece), wanted - len(piece)


class Mixes(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        if isinstance(data, bytes):
            return await super().put(key, data)
        self.buffers: dict[str, bytearray] = getattr(self, "buffers", {})
        buffer = self.buffers.setdefault(key, bytearray())
        try:
            async for piece in data:
                buffer += piece
                await asyncio.sleep(0)
        finally:
            self.buffers.pop(key, None)
        return await super().put(key, bytes(buffer))


class LosesTheFolder(Liar):
    emptied = 0

    @override
    async def put(self, key: str, data: Data) -> int:
        before = self.emptied
        await asyncio.sleep(0)
        if self.emptied != before:
            raise UnavailableError(f"the folder of {key!r} is gone")
        return await super().put(key, data)

    @override
    async def delete(self, key: str) -> None:
        await super().delete(key)
        folder = key.rpartition("/")[0]
        self.emptied += not any(other.startswith(f"{folder}/") for other in self._objects)


class ShowsWhatTheDeadLeft(Liar):
    @override
    def killed(self, key: str) -> None:
        self.keep(key, BIG)


class StoresWhatFits(Liar):
    @override
    async def put(self, key: str, data: Data) -> int:
        if self.full:
            self.keep(key, BIG[:1000])
        return await super().put(key, data)


class SweepsByTheClock(Liar):
    """Takes uploads that seem old for abandoned ones."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, int] = {}

    @override
    async def put(self, key: str, data: Data) -> int:
        self.uploads = {k: begun for k, begun in self.uploads.items() if abs(now() - begun) < 600_000}
        self.uploads[key] = now()
        whole = data if isinstance(data, bytes) else b"".join([piece async for piece in data])
        if self.uploads.pop(key, None) is None:
            raise UnavailableError(f"the upload of {key!r} was swept away")
        return await super().put(key, whole)


LIARS: dict[str, type[Liar]] = {
    "test_what_is_put_is_what_is_got": Corrupts,
    "test_nothing_is_an_object_too": IgnoresTheEmpty,
    "test_a_stream_is_stored_whole": LosesTheLastPiece,
    "test_put_returns_the_size": CannotCount,
    "test_putting_again_replaces": Overwrites,
    "test_a_range_is_those_bytes": TakesNothingForAll,
    "test_a_range_of_a_big_object_is_those_bytes": StopsAtAChunk,
    "test_a_negative_range_is_refused": CountsFromTheEnd,
    "test_stat_tells_size_and_age": TellsSeconds,
    "test_what_is_absent_is_not_found": TakesFoldersForObjects,
    "test_what_is_deleted_is_gone": ReadsTheDead,
    "test_deleting_what_is_absent_does_nothing": MissesTheAbsent,
    "test_objects_outlive_the_adapter": Forgets,
    "test_list_is_in_order_of_key": SortsByFolder,
    "test_list_tells_what_stat_tells": ListsWithoutSize,
    "test_a_prefix_need_not_end_with_a_folder": IgnoresTheSlash,
    "test_a_malformed_key_is_refused": DeletesAnything,
    "test_a_prefix_of_no_key_is_refused": ListsAnything,
    "test_the_longest_keys_work": WantsShortNames,
    "test_an_object_below_an_object_is_kept_or_refused": MakesWay,
    "test_an_object_is_unseen_until_it_is_whole": ShowsParts,
    "test_a_stream_that_breaks_leaves_nothing": KeepsAPart,
    "test_a_stream_that_breaks_leaves_the_old_object": LosesTheOldWhenBroken,
    "test_a_put_that_is_cancelled_leaves_the_old_object": LosesTheOldWhenCancelled,
    "test_a_reader_meets_one_whole_object": ReadsWhatIsThereNow,
    "test_of_puts_at_once_one_wins_whole": Mixes,
    "test_putting_beside_deleting_never_fails": LosesTheFolder,
    "test_a_writer_that_is_killed_leaves_the_old_object": ShowsWhatTheDeadLeft,
    "test_a_full_store_says_so_and_keeps_what_it_has": StoresWhatFits,
    "test_a_wrong_clock_spoils_no_upload": SweepsByTheClock,
}


class Suite(ObjectStoreContract):
    __test__ = False
    lie: ClassVar[str]

    @pytest.fixture
    @override
    def reopened(self) -> Callable[[], AbstractAsyncContextManager[ObjectStore]]:
        liar = LIARS[self.lie]
        if liar.forgets:
            return lambda: nullcontext(liar())
        store = liar()
        return lambda: nullcontext(store)

    @pytest.fixture
    @override
    def dying(self, store: ObjectStore) -> Dying:
        @asynccontextmanager
        async def dies(key: str) -> AsyncIterator[None]:
            yield
            assert isinstance(store, Liar)
            store.killed(key)

        return dies

    @pytest.fixture
    @override
    def full(self, store: ObjectStore) -> AbstractContextManager[None]:
        @contextmanager
        def filled() -> Iterator[None]:
            assert isinstance(store, Liar)
            store.full = True
            yield
            store.full = False

        return filled()
