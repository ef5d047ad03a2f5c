"""HDFS over HTTP: the operations of WebHDFS, by their own names.

Source: Apache Hadoop 3.4, "WebHDFS REST API". The NameNode says which DataNode has or takes the bytes, and
is not asked again when those are under way.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from submarine.adapters.hadoop.pair import Pair
from submarine.adapters.hadoop.uploads import Upload
from submarine.adapters.hadoop.web import UnreachableError, Web
from submarine.core.errors import AdapterError, UnavailableError

CREATED: Final = 201
REDIRECT: Final = 307
BYTES: Final = "application/octet-stream"
DATANODES: Final = 3
"""How many DataNodes are tried that cannot be reached; a dead one is recommended for ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """``modified`` in Unix milliseconds, ``name`` empty where a file was asked for by its path.

    ``mode`` are its permissions, as chmod has them.
    """

    name: str
    folder: bool
    size: int
    modified: int
    owner: str
    mode: int

    @classmethod
    def of(cls, told: Any) -> Self:
        """Read one; raise `AdapterError` if *told* is none."""
        try:
            return cls(
                name=str(told["pathSuffix"]),
                folder=told["type"] == "DIRECTORY",
                size=int(told["length"]),
                modified=int(told["modificationTime"]),
                owner=str(told["owner"]),
                mode=int(told["permission"], 8),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise AdapterError(f"HDFS answers nonsense: {told!r:.200}") from error


class WebHdfs:
    """HDFS as one principal, for *user* where one is given; paths are absolute and not yet encoded.

    Every method raises `RefusedError` with HDFS' own exception, `UnavailableError` if HDFS is away, in
    safe mode or full.
    """

    def __init__(self, web: Web, namenodes: Sequence[str], user: str | None = None) -> None:
        self._web = web
        self._namenodes = Pair(web, namenodes, "the NameNode")
        self._user = user

    def acting_for(self, user: str | None) -> WebHdfs:
        """Return the same HDFS for *user*, for ourselves if None."""
        acting = copy(self)
        acting._user = user  # noqa: SLF001 - ours
        return acting

    async def create(
        self, path: str, data: bytes | AsyncIterable[bytes], *, overwrite: bool = False, mode: str = ""
    ) -> int:
        """Write a file and its folders; return the size. A part of it may be left if that fails."""
        upload = Upload(data, self._web.patience)
        query = {"overwrite": str(overwrite).lower(), **({"permission": mode} if mode else {})}
        try:
            async with upload.watched(), self._sent("PUT", "CREATE", path, query, data=upload) as answer:
                status = answer.status
        except TimeoutError as error:
            raise UnavailableError(f"a DataNode took nothing for {self._web.patience:g} s") from error
        except (AdapterError, UnavailableError) as error:
            if upload.error is not None:
                raise upload.error from error
            raise
        if status != CREATED:
            raise AdapterError(f"HDFS answers nonsense: {status} to CREATE")
        return upload.size

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from *offset* on; HDFS refuses an offset past the end."""
        query = {"offset": str(offset), **({} if length is None else {"length": str(length)})}
        async with self._sent("GET", "OPEN", path, query) as answer:
            if answer.content_type != BYTES:
                raise AdapterError(f"HDFS answers nonsense: {answer.content_type} for the bytes of a file")
            async for piece in answer.content.iter_any():
                yield piece

    async def status(self, path: str) -> FileStatus:
        """Return what is known of a file or folder."""
        return FileStatus.of(_field(await self._ask("GET", "GETFILESTATUS", path), "FileStatus"))

    async def clock(self) -> int:
        """Return what time it is to the NameNode, Unix milliseconds of a whole second."""
        asked = self._namenodes.asked("GET", _encoded("/"), {"op": "GETFILESTATUS"}, user=self._user)
        async with asked as answer:
            said = answer.headers.get("Date", "")
        try:
            return int(parsedate_to_datetime(said).timestamp() * 1000)
        except ValueError as error:
            raise AdapterError(f"HDFS does not say what time it is: {said!r}") from error

    async def list(self, path: str, after: str = "") -> AsyncIterator[FileStatus]:
        """Yield what is in a folder, in the order of the names' bytes, from behind the name *after* on."""
        while True:
            query = {"startAfter": after} if after else {}
            told = _field(await self._ask("GET", "LISTSTATUS_BATCH", path, query), "DirectoryListing")
            found = _field(_field(_field(told, "partialListing"), "FileStatuses"), "FileStatus")
            if not isinstance(found, list):
                raise AdapterError(f"HDFS answers nonsense: {found!r:.200}")
            page = [FileStatus.of(each) for each in found]
            for each in page:
                yield each
            if not page or not _field(told, "remainingEntries"):
                return
            after = page[-1].name

    async def make_folders(self, path: str, mode: str = "") -> None:
        """Make a folder and those above it; nothing happens if it is there."""
        query = {"permission": mode} if mode else {}
        if not _true(await self._ask("PUT", "MKDIRS", path, query)):
            raise AdapterError(f"HDFS does not make the folder {path}, and does not say why")

    async def rename(self, path: str, target: str, *, overwrite: bool = True) -> None:
        """Move a file or folder to *target* at once, in the place of a file that is there.

        Without *overwrite* HDFS refuses a target that is there.
        """
        query = {"destination": target, "renameoptions": "OVERWRITE" if overwrite else "NONE"}
        await self._ask("PUT", "RENAME", path, query)

    async def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a file or folder; tell whether it was there. A folder with something in it is refused."""
        query = {"recursive": str(recursive).lower()}
        return _true(await self._ask("DELETE", "DELETE", path, query))

    async def change_mode(self, path: str, mode: str) -> None:
        """Set the permissions, such as ``700``."""
        await self._ask("PUT", "SETPERMISSION", path, {"permission": mode})

    async def delegation_token(self, renewer: str, service: str | None = None) -> str | None:
        """Return a token for jobs that read HDFS, None where there is no Kerberos.

        *service* is HOST:PORT of the NameNode's RPC, for a token that YARN is to renew; without one it is of
        WebHDFS' own kind, which YARN does not.
        """
        query = {"renewer": renewer}
        if service is not None:
            query |= {"service": service, "kind": "HDFS_DELEGATION_TOKEN"}
        told = _field(await self._ask("GET", "GETDELEGATIONTOKEN", "/", query), "Token")
        return None if told is None else str(_field(told, "urlString"))

    async def _ask(
        self, method: str, operation: str, path: str, query: Mapping[str, str] | None = None
    ) -> Any:
        asked = {"op": operation, **(query or {})}
        return await self._namenodes.ask(method, _encoded(path), asked, user=self._user)

    @asynccontextmanager
    async def _sent(
        self, method: str, operation: str, path: str, query: Mapping[str, str], **what: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer of a DataNode that can be reached; the NameNode is told which cannot."""
        dead: list[str] = []
        while True:
            asked = {"op": operation, **query, **({"excludedatanodes": ",".join(dead)} if dead else {})}
            place = await self._place(method, path, asked)
            known = place.origin() in self._namenodes.origins  # a gateway that passes the bytes on itself
            try:
                async with self._web.asked(method, place, known=known, bounded=False, **what) as answer:
                    yield answer
                    return
            except UnreachableError:
                dead.append(f"{place.host}:{place.port}")
                if len(dead) >= DATANODES:
                    raise

    async def _place(self, method: str, path: str, query: Mapping[str, str]) -> URL:
        asked = self._namenodes.asked(method, _encoded(path), query, redirects=True, user=self._user)
        async with asked as answer:
            place = URL(answer.headers.get("Location", ""), encoded=True)
            if answer.status != REDIRECT or not place.host:
                raise AdapterError(f"HDFS answers nonsense: {answer.status} without a place for the bytes")
            return place


def _encoded(path: str) -> str:
    return "/webhdfs/v1" + quote(path)


def _field(told: Any, name: str) -> Any:
    if not isinstance(told, dict) or name not in told:
        raise AdapterError(f"HDFS answers nonsense: no {name} in {told!r:.200}")
    return told[name]


def _true(told: Any) -> bool:
    return bool(_field(told, "boolean"))
