"""Objects as files on HDFS, drafted aside and moved into place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from submarine.adapters.hadoop.drafts import sweep
from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.webhdfs import FileStatus, WebHdfs
from submarine.adapters.hdfs.listing import children
from submarine.adapters.hdfs.translation import (
    absent,
    beyond_the_end,
    in_the_way,
    no_folder,
    occupied,
)
from submarine.core.errors import AdapterError, ConflictError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.ids import new_id
from submarine.core.object_keys import check_key, check_prefix, check_range
from submarine.core.ports.object_store import ObjectInfo

logger = logging.getLogger(__name__)

DRAFTS: Final = "+drafts"
"""Where objects are written before they are whole; no key can name it."""

ROUNDS: Final = 50
"""How often a folder is made again that others, deleting its last object, take away."""


class HdfsObjectStore:
    """ObjectStore; an object of more than a block that is replaced while read may end in an error."""

    def __init__(self, files: WebHdfs, root: str) -> None:
        self._files = files
        self._root = root
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def on(cls, files: WebHdfs, root: str) -> AsyncIterator[HdfsObjectStore]:
        """Make *root* and sweep old drafts; where HDFS is away that is left for the next start.

        Raise `AdapterError` if the folder cannot be ours.
        """
        store = cls(files, root)
        try:
            await files.make_folders(f"{root}/{DRAFTS}", mode="700")
            store._later(sweep(files, f"{root}/{DRAFTS}"))
        except UnavailableError as error:
            logger.warning("HDFS is not available at the start: %s", error)
        except RefusedError as error:
            raise AdapterError(f"cannot keep objects in {root}: {error}") from error
        try:
            yield store
        finally:
            for task in store._tasks:
                task.cancel()
            await asyncio.gather(*store._tasks, return_exceptions=True)

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        """See `ObjectStore.put`."""
        check_key(key)
        draft = f"{self._root}/{DRAFTS}/{new_id()}"
        published = False
        try:
            size = await self._files.create(draft, data)
            await self._publish(draft, key)
            published = True
        finally:
            if not published:
                self._later(self._discard(draft))
        return size

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See `ObjectStore.get`."""
        check_key(key)
        check_range(offset, length)
        if length == 0:
            await self.stat(key)
            return
        try:
            async for piece in self._files.read(self._path(key), offset=offset, length=length):
                yield piece
        except RefusedError as error:
            if beyond_the_end(error):
                return
            raise _missing(key, error) from error

    async def stat(self, key: str) -> ObjectInfo:
        """See `ObjectStore.stat`."""
        check_key(key)
        try:
            found = await self._files.status(self._path(key))
        except RefusedError as error:
            raise _missing(key, error) from error
        if found.folder:
            raise NotFoundError(f"no object {key!r}")
        return _info(key, found)

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """See `ObjectStore.list`; a page of one folder a level is in memory at a time."""
        check_prefix(prefix)
        folder, _, start = prefix.rpartition("/")
        levels = [(folder, children(self._files, self._path(folder), start))]
        while levels:
            above, found = levels[-1]
            each = await anext(found, None)
            if each is None:
                levels.pop()
                continue
            key = f"{above}/{each.name}" if above else each.name
            if each.folder:
                levels.append((key, children(self._files, self._path(key))))
            else:
                yield _info(key, each)

    async def delete(self, key: str) -> None:
        """See `ObjectStore.delete`; folders that are empty then go too."""
        check_key(key)
        path = self._path(key)
        try:
            while await self._files.delete(path) and (path := path.rpartition("/")[0]) != self._root:
                continue
        except RefusedError as error:
            if not (occupied(error) or absent(error)):
                raise

    async def _publish(self, draft: str, key: str) -> None:
        path = self._path(key)
        try:
            for _ in range(ROUNDS):
                try:
                    return await self._files.rename(draft, path)
                except RefusedError as error:
                    if not no_folder(error):
                        raise
                await self._files.make_folders(path.rpartition("/")[0])
        except RefusedError as error:
            if in_the_way(error):
                raise ConflictError(f"object {key!r} would lie above or below another") from error
            raise
        raise UnavailableError(f"cannot store object {key!r}: its folder is taken away all the time")

    async def _discard(self, draft: str) -> None:
        with suppress(SubmarineError):  # the sweep of a later start gets it
            await self._files.delete(draft)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Tidy up in a task of its own: awaiting is not to be relied upon in one that is being cancelled."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}" if key else self._root


def _missing(key: str, error: RefusedError) -> SubmarineError:
    return NotFoundError(f"no object {key!r}") if absent(error) else error


def _info(key: str, found: FileStatus) -> ObjectInfo:
    return ObjectInfo(key=key, size=found.size, modified=found.modified)
