"""The attempts' folders on HDFS: small files, each whole from the first moment it is seen."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple

import msgspec

from submarine.adapters.hadoop.drafts import sweep
from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.webhdfs import FileStatus, WebHdfs
from submarine.adapters.yarn import code, ground, names
from submarine.adapters.yarn.acting import acting
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.service_store import ABSENT, ServiceStore
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, SubmarineError, UnavailableError
from submarine.core.workloads.soundness import is_name
from submarine.core.workloads.workload import Archive, Handle

LARGEST: Final = 2**24
"""Bytes that are read of a document: jobs can write there too, and what is cut off is damaged."""
_TRIES: Final = 5

_THERE: Final = "FileAlreadyExistsException"
_FOR_US: Final = "600"
_FOLDER_FOR_US: Final = "700"


class Folder(NamedTuple):
    """The folder of an attempt: whose it is, and when something in it was last added or taken away."""

    owner: str
    changed: int


class Files:
    """What is below the staging folder; a path is relative to it, and *user* is whose it is.

    All raise `UnavailableError` if HDFS is away.
    """

    def __init__(self, config: YarnConfig, hdfs: WebHdfs) -> None:
        self._config = config
        self._hdfs = hdfs
        self._root = config.folder
        self.services = ServiceStore(config, self._as, self._answered)
        self._patience = 3 * config.timeout
        self._tasks: set[asyncio.Task[None]] = set()
        self.owners: frozenset[str] = frozenset()
        """Who ever had an attempt, as the staging folder tells where many share it, as it was listed last."""
        self.kit_changed: int | None = None
        """When the folder of our own programs was changed, as it was listed last; None if it is not there."""

    @asynccontextmanager
    async def tidying(self) -> AsyncIterator[None]:
        """Delete meanwhile what was written aside and came to nothing, of servers that died too."""
        self._later(self._sweep())
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def sound(self) -> None:
        """Raise `UnavailableError` where many share the staging folder and could harm each other there."""
        if self._config.personal:
            await ground.sound(self, self._config)

    async def own(self, name: str, content: bytes) -> bytes:
        """Return what the server's own file *name* in the staging folder holds; *content*, if it is new.

        Raise `UnavailableError` if somebody else has put one there.
        """
        me = self._config.owner
        for _ in range(3):
            try:
                if self._config.personal:
                    await ground.ours(self, self._config, name)
                return await self.read(name, me)
            except NotFoundError:
                with suppress(ConflictError, NotFoundError):
                    await self.bring(name, content, me)
        raise UnavailableError(f"HDFS does not keep {self._root}/{name}")

    async def folders(self) -> dict[Handle, Folder]:
        """Return the folders of all attempts."""
        found: dict[Handle, Folder] = {}
        owners: set[str] = set()
        kit_changed: int | None = None
        try:
            async for each in self._as(self._config.owner).list(self._root):
                if each.name == names.KIT:
                    kit_changed = each.modified
                if each.name.startswith(names.OWNER) and each.owner == self._config.owner:
                    owners.add(each.name.removeprefix(names.OWNER))
                if each.folder and not each.name.startswith("."):
                    found[Handle(each.name)] = Folder(each.owner, each.modified)
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
        self.kit_changed, self.owners = kit_changed, frozenset(owners)
        return found

    async def folder(self, handle: Handle) -> Folder | None:
        """Return the folder of *handle*, None if there is none."""
        if not is_name(handle):
            return None
        try:
            found = await self._as(self._config.owner).status(f"{self._root}/{handle}")
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
            return None
        return Folder(found.owner, found.modified)

    async def names(self, handle: Handle, user: str) -> dict[str, int]:
        """Return the files of *handle* and when each was written; none where there is no folder."""
        try:
            return {
                each.name: each.modified
                async for each in self._as(user).list(f"{self._root}/{handle}")
                if not each.name.startswith(".")
            }
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
            return {}

    async def read(self, path: str, user: str, most: int | None = None) -> bytes:
        """Return what the file at *path* holds, its first *most* bytes; raise `NotFoundError` if absent."""
        async with self._answered(path):
            pieces = self._as(user).read(f"{self._root}/{path}", length=most)
            return b"".join([piece async for piece in pieces])

    async def pieces(self, path: str, user: str) -> AsyncIterator[bytes]:
        """Yield what the file at *path* holds, as long as that takes; raise `NotFoundError` if absent."""
        async with self._answered(path, endless=True):
            async for piece in self._as(user).read(f"{self._root}/{path}"):
                yield piece

    async def write(self, handle: Handle, name: str, document: object, user: str) -> None:
        """Put *document* into the folder of *handle*.

        Raise `NotFoundError` if there is no such folder: what was removed does not come back.
        """
        await self.bring(f"{handle}/{name}", msgspec.json.encode(document), user, overwrite=True)

    async def create(self, handle: Handle, name: str, document: object, user: str) -> None:
        """Do as `write` does; raise `ConflictError` if *name* is there."""
        await self.bring(f"{handle}/{name}", msgspec.json.encode(document), user)

    async def bring(self, path: str, content: bytes, user: str, *, overwrite: bool = False) -> None:
        """Put *content* at *path*; see `write` and `create`."""

        async def aside(scratch: str) -> None:
            await self._put(scratch, content, user)

        await self._move(path, aside, user, overwrite=overwrite)

    async def bring_folder(self, handle: Handle, files: Mapping[str, bytes | Archive], user: str) -> None:
        """Make the folder of *handle* with all *files* at once; raise `ConflictError` if it is there.

        Raise `InvalidError` if an archive does not hold what it should; then nothing is left.
        """

        async def aside(scratch: str) -> None:
            await self.make(scratch, user)
            for name, content in files.items():
                await self._put(f"{scratch}/{name}", content, user)

        await self._move(handle, aside, user, overwrite=False)

    async def make(self, path: str, user: str) -> None:
        """Make the folder *path*, and those above it."""
        await self._as(user).make_folders(f"{self._root}/{path}".rstrip("/"), _FOLDER_FOR_US)

    async def exists(self, path: str, user: str) -> bool:
        """Tell whether there is something at *path*."""
        try:
            await self._as(user).status(f"{self._root}/{path}")
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise
            return False
        return True

    async def status(self, path: str, user: str) -> FileStatus:
        """Return size and age of the file at the absolute *path*; raise `NotFoundError` if there is none."""
        async with self._answered(path):
            return await self._as(user).status(path)

    async def renewable_token(self, renewer: str, service: str, user: str) -> str | None:
        """Return a token for HDFS as *user*, which YARN is to renew; None where there is no Kerberos."""
        return await self._as(user).delegation_token(renewer, service)

    async def delete(self, path: str, user: str) -> None:
        """Delete what is at *path*, and all below it; nothing there is no matter."""
        await self.erase(f"{self._root}/{path}", user)

    async def erase(self, path: str, user: str) -> None:
        """Do as `delete` does with an absolute *path*."""
        try:
            await self._as(user).delete(path, recursive=True)
        except RefusedError as error:
            if error.kind not in ABSENT:
                raise

    async def token(self, user: str) -> str | None:
        """Return a delegation token by which containers reach HDFS as *user*; None without Kerberos."""
        return await self._as(user).delegation_token(self._config.me)

    async def _put(self, path: str, content: bytes | Archive, user: str) -> None:
        # Code takes as long as the network lets it; that it goes on, the upload itself sees to.
        async with self._answered(path, endless=isinstance(content, Archive)):
            data = code.checked(content) if isinstance(content, Archive) else content
            await self._as(user).create(f"{self._root}/{path}", data, mode=_FOR_US)

    async def _move(
        self, path: str, aside: Callable[[str], Awaitable[None]], user: str, *, overwrite: bool
    ) -> None:
        """Have it written *aside*, then put at *path*; what could not be is tried again under another name.

        A network that delivers a CREATE twice lets the second take the file away from the first.
        """
        for left in reversed(range(_TRIES)):
            scratch = f"{self._config.scratch}{path.replace('/', '.')}.{secrets.token_hex(8)}"
            try:
                await aside(scratch)
            except (RefusedError, ConflictError, NotFoundError, InvalidError) as error:
                await self.delete(scratch, user)
                if left == 0 or isinstance(error, InvalidError):
                    raise
                continue
            except BaseException:
                self._later(self._discard(scratch, user))
                raise
            try:
                async with self._answered(path):
                    await self._as(user).rename(
                        f"{self._root}/{scratch}", f"{self._root}/{path}", overwrite=overwrite
                    )
            except (ConflictError, NotFoundError):
                await self.delete(scratch, user)
                raise
            return

    async def _discard(self, scratch: str, user: str) -> None:
        with suppress(SubmarineError):  # the sweep of a later start gets it
            await self.delete(scratch, user)

    async def _sweep(self) -> None:
        with suppress(SubmarineError):
            if self._config.personal:
                await ground.sweep(self, self._as(self._config.owner), self._config)
            elif await self.exists(names.SCRATCH, self._config.owner):
                await sweep(self._as(self._config.owner), f"{self._root}/{names.SCRATCH}")

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Tidy up in a task of its own: awaiting is not to be relied upon in one that is being cancelled."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @asynccontextmanager
    async def _answered(self, path: str, *, endless: bool = False) -> AsyncIterator[None]:
        """Say in our words what HDFS does not do, and that it takes too long if it is not *endless*."""
        try:
            async with asyncio.timeout(None if endless else self._patience):
                yield
        except RefusedError as error:
            if error.kind in ABSENT:
                raise NotFoundError(f"nothing at {path}: {error.reason}") from error
            if error.kind == _THERE:
                raise ConflictError(f"there is something at {path}") from error
            raise
        except TimeoutError as error:
            raise UnavailableError(f"HDFS took longer than {self._patience:g} s over {path}") from error

    def _as(self, user: str) -> WebHdfs:
        return self._hdfs.acting_for(acting(self._config, user))
