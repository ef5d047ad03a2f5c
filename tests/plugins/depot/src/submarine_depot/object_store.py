"""Objects in a depot."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any
from urllib.parse import urlencode

from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.object_keys import check_key, check_prefix, check_range
from submarine.core.ports.object_store import ObjectInfo
from submarine_depot.client import Client

PIECE = 2**16


class _Upload:
    """What is sent; remembers what its source raised, for aiohttp makes another error of it."""

    def __init__(self, data: bytes | AsyncIterable[bytes]) -> None:
        self.error: Exception | None = None
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if isinstance(self._data, bytes):
                for begin in range(0, len(self._data), PIECE):
                    yield self._data[begin : begin + PIECE]
            else:
                async for piece in self._data:
                    if piece:
                        yield piece
        except Exception as error:
            self.error = error
            raise


class DepotObjectStore:
    """ObjectStore."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, key: str, data: bytes | AsyncIterable[bytes]) -> int:
        """See `ObjectStore.put`; the depot keeps what came to its end."""
        check_key(key)
        upload = _Upload(data)
        try:
            told = await self._client.ask("PUT", f"/objects/{key}", data=upload)
        except UnavailableError as error:
            raise upload.error or error from error
        return int(_field(told, "size"))

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See `ObjectStore.get`."""
        check_key(key)
        check_range(offset, length)
        wanted = {"offset": offset, **({} if length is None else {"length": length})}
        async with self._client.asked("GET", f"/objects/{key}?{urlencode(wanted)}") as answer:
            async for piece in answer.content.iter_chunked(PIECE):
                yield piece

    async def stat(self, key: str) -> ObjectInfo:
        """See `ObjectStore.stat`."""
        check_key(key)
        return _info(await self._client.ask("GET", f"/infos/{key}"))

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        found = await self._client.ask("GET", f"/objects?{urlencode({'prefix': prefix})}")
        for info in _field(found, "items"):
            yield _info(info)

    async def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        check_key(key)
        await self._client.ask("DELETE", f"/objects/{key}")


def _field(document: object, name: str) -> Any:
    if not isinstance(document, dict) or name not in document:
        raise AdapterError(f"the depot's answer has no {name}: {document!r:.80}")
    return document[name]


def _info(document: object) -> ObjectInfo:
    return ObjectInfo(
        key=_field(document, "key"), size=_field(document, "size"), modified=_field(document, "modified")
    )
