"""A lean client of the Kubernetes API: one session, bounded calls, only the fields we read.

The typed client of kubernetes_asyncio builds every object whole, which costs some seventy times as much.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final, Self, TypeVar

import aiohttp
import msgspec

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.connection import Connection
from submarine.adapters.kubernetes.failures import GoneError, failure
from submarine.adapters.kubernetes.kinds import AnyKind, Kind
from submarine.adapters.kubernetes.objects import Change, Lean, Listing, Named, Status
from submarine.core.errors import UnavailableError

T = TypeVar("T", bound=Lean)
Params = Mapping[str, str]

_PAGE: Final = 500
_WATCH_S: Final = (240, 300)
_SILENT_S: Final = 90.0  # bookmarks come once a minute
_MERGE: Final = "application/merge-patch+json"
_NONE: Final[Params] = {}
_FAULTS: Final = (aiohttp.ClientError, TimeoutError, OSError, ssl.SSLError)

Changes = AsyncIterator[tuple[str, T]]


class Api:
    """Calls one cluster; every failure is raised in the words of the domain."""

    def __init__(
        self, connection: Connection, session: aiohttp.ClientSession, config: KubernetesConfig
    ) -> None:
        self._connection = connection
        self._session = session
        self._gate = asyncio.Semaphore(config.calls)
        self._limit = aiohttp.ClientTimeout(total=config.timeout)
        self.patience = config.timeout
        self.namespace = config.namespace

    @classmethod
    @asynccontextmanager
    async def open(cls, config: KubernetesConfig) -> AsyncIterator[Self]:
        """Read the credentials; no call is made, so a cluster that is away keeps nobody from starting."""
        connection = Connection(config)
        await connection.load()
        # streams (watches, followed logs) stand beside the calls, and hold a connection each
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=30)
        async with aiohttp.ClientSession(connector=connector, read_bufsize=2**18) as session:
            yield cls(connection, session, config)

    async def get(self, kind: Kind[T], name: str) -> T:
        """Return one object; raise `NotFoundError` if it is not there."""
        return _object(kind, await self._call("GET", f"{kind.path(self.namespace)}/{name}"))

    async def list(self, kind: Kind[T], *, selector: str = "", fields: str = "") -> tuple[list[T], str]:
        """Return all objects, read in pages, and the version they are of."""
        found: list[T] = []
        params = _selection(selector, fields) | {"limit": str(_PAGE)}
        while True:
            body = await self._call("GET", kind.path(self.namespace), params=params)
            page: Listing[T] = _decode(_listing(kind.type), body)
            found += page.items
            if not page.metadata.continue_:
                return found, page.metadata.resource_version
            params["continue"] = page.metadata.continue_

    async def create(self, kind: Kind[T], body: Mapping[str, Any]) -> T:
        """Create an object; raise `ConflictError` if one of its name is there."""
        return _object(kind, await self._call("POST", kind.path(self.namespace), body=body))

    async def patch(self, kind: Kind[T], name: str, body: Mapping[str, Any]) -> T:
        """Change an object by a merge patch; raise `NotFoundError` if it is not there."""
        path = f"{kind.path(self.namespace)}/{name}"
        return _object(kind, await self._call("PATCH", path, body=body, content=_MERGE))

    async def delete(self, kind: AnyKind, name: str, **options: Any) -> None:
        """Delete an object, with *options* of DeleteOptions; raise `NotFoundError` if it is not there."""
        await self._call("DELETE", f"{kind.path(self.namespace)}/{name}", body=options)

    async def delete_all(self, kind: AnyKind, selector: str, **options: Any) -> None:
        """Delete all objects with the labels of *selector*."""
        params = {"labelSelector": selector}
        await self._call("DELETE", kind.path(self.namespace), params=params, body=options)

    async def ask(self, path: str, params: Params = _NONE) -> bytes:
        """Return the body of a GET."""
        return await self._call("GET", path, params=params)

    @asynccontextmanager
    async def watching(
        self, kind: Kind[T], version: str, *, selector: str = "", fields: str = "", initial: bool = False
    ) -> AsyncIterator[Changes[T]]:
        """Open a watch on what changes after *version*; raise `GoneError` if that is too old.

        With *initial* all objects come first (a streaming list), then a ``BOOKMARK`` that says so.
        """
        params = _selection(selector, fields) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(random.randint(*_WATCH_S)),  # noqa: S311 - spreads load, guards nothing
        }
        params |= {"resourceVersion": version} if version else {}
        if initial:
            params |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        async with self.streaming(kind.path(self.namespace), params, silent=_SILENT_S) as chunks:
            yield _changes(chunks, kind.type)

    @asynccontextmanager
    async def streaming(
        self, path: str, params: Params = _NONE, *, silent: float | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a GET whose body comes bit by bit; more than *silent* seconds without a byte break it."""
        limit = aiohttp.ClientTimeout(total=None, sock_connect=self.patience, sock_read=silent)
        try:
            async with asyncio.timeout(self.patience):
                response = await self._send("GET", path, params, None, "", limit)
        except _FAULTS as error:
            raise self._unreachable(error) from error
        async with response:
            if response.status >= 300:  # noqa: PLR2004
                raise failure(response.status, await self._rest(response), f"GET {path}")
            try:
                yield self._chunks(response)
            finally:
                _cut(response)

    async def _rest(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            async with asyncio.timeout(self.patience):
                return await response.read()
        except _FAULTS as error:
            raise self._unreachable(error) from error

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except _FAULTS as error:
            raise self._unreachable(error) from error

    async def socket(self, path: str, params: Params, protocol: str) -> aiohttp.ClientWebSocketResponse:
        """Return an open WebSocket that speaks *protocol*."""
        try:
            async with asyncio.timeout(self.patience):
                return await self._connect(path, params, protocol)
        except aiohttp.WSServerHandshakeError as error:
            raise failure(error.status, b"", f"GET {path}") from error
        except _FAULTS as error:
            raise self._unreachable(error) from error

    async def _connect(self, path: str, params: Params, protocol: str) -> aiohttp.ClientWebSocketResponse:
        connection = self._connection
        for attempt in (1, 2):
            try:
                return await self._session.ws_connect(
                    connection.host + path,
                    params=params,
                    protocols=(protocol,),
                    headers=await connection.headers(),
                    ssl=connection.ssl,
                    proxy=connection.proxy,
                    server_hostname=connection.server_name,
                    max_msg_size=0,
                    heartbeat=30,
                )
            except aiohttp.WSServerHandshakeError as error:
                if error.status != 401 or attempt == 2:  # noqa: PLR2004
                    raise
                await connection.renew()
        raise AssertionError

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Params = _NONE,
        body: object = None,
        content: str = "application/json",
    ) -> bytes:
        data = None if body is None else msgspec.json.encode(body)
        async with self._gate:
            try:
                response = await self._send(method, path, params, data, content, self._limit)
                async with response:
                    answer = await response.read()
            except _FAULTS as error:
                raise self._unreachable(error) from error
        if response.status >= 300:  # noqa: PLR2004
            raise failure(response.status, answer, f"{method} {path}")
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        params: Params,
        data: bytes | None,
        content: str,
        limit: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        connection = self._connection
        for attempt in (1, 2):
            headers = {"Accept": "application/json", **await connection.headers()}
            response = await self._session.request(
                method,
                connection.host + path,
                params=params,
                data=data,
                headers=headers | ({"Content-Type": content} if data is not None else {}),
                ssl=connection.ssl,
                proxy=connection.proxy,
                server_hostname=connection.server_name,
                timeout=limit,
            )
            if response.status != 401 or attempt == 2:  # noqa: PLR2004
                return response
            response.release()
            await connection.renew()
        raise AssertionError

    def _unreachable(self, error: BaseException) -> UnavailableError:
        what = str(error) or f"no answer within {self.patience:g} s"
        return UnavailableError(f"cluster at {self._connection.host} does not answer: {what}")


def _cut(response: aiohttp.ClientResponse) -> None:
    """End a stream that was left half-way: saying goodbye in TLS would wait for a server that may be away."""
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()


def _selection(selector: str, fields: str) -> dict[str, str]:
    given = {"labelSelector": selector, "fieldSelector": fields}
    return {key: value for key, value in given.items() if value}


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@cache
def _listing(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(Listing[kind])  # type: ignore[valid-type]


_CHANGES: Final = msgspec.json.Decoder(Change)
_STATUS: Final = msgspec.json.Decoder(Status)


def _object(kind: Kind[T], body: bytes) -> T:
    found: T = _decode(_decoder(kind.type), body)
    return found


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnavailableError(f"the cluster answers what makes no sense: {error}") from error


async def _changes(chunks: AsyncIterator[bytes], kind: type[T]) -> Changes[T]:
    parts: list[bytes] = []
    async for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        if whole:
            parts.append(whole[0])
            yield _change(b"".join(parts), kind)
            for line in whole[1:]:
                yield _change(line, kind)
            parts = []
        parts.append(rest)


def _change(line: bytes, kind: type[T]) -> tuple[str, T]:
    change = _decode(_CHANGES, line)
    if change.type == "ERROR":
        status = _decode(_STATUS, change.object)
        if status.code == 410:  # noqa: PLR2004
            raise GoneError(status.message)
        raise failure(status.code, bytes(change.object), "watch")
    # a bookmark is an object without content, and then even lists may be null
    read = Named if change.type == "BOOKMARK" else kind
    found: T = _decode(_decoder(read), change.object)
    return change.type, found
