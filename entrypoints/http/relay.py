"""Requests that only another server can answer are passed on to it, under the caller's own token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import aiohttp
from aiohttp import hdrs, web

from submarine.core.errors import UnavailableError
from submarine.core.servers.server import Server
from submarine.entrypoints.http.byte_stream import ByteStream

RELAYED: Final = "Submarine-Relayed-By"
_ASKED: Final = (hdrs.AUTHORIZATION, hdrs.ACCEPT, hdrs.CONTENT_TYPE, hdrs.IF_MATCH, "X-Request-ID")
_TOLD: Final = (hdrs.ETAG, hdrs.RETRY_AFTER, hdrs.CONTENT_DISPOSITION, "Submarine-Log-Offset")
_WHOLE: Final = 16 * 2**20
"""The longest answer that is not passed on piece by piece."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=None)
_ANSWER: Final = 30.0  # seconds until an answer begins
_AT_ONCE: Final = 256

Find = Callable[[str], Awaitable[Server]]
"""Returns a server that is up and reaches a cluster, or raises `UnavailableError`."""


class Relay:
    """One pool of connections to the other servers.

    A request is passed on once: who gets it from another server answers it or says why not.
    """

    def __init__(self, find: Find, me: str) -> None:
        self._find = find
        self._me = me
        self._http: aiohttp.ClientSession | None = None

    async def forward(
        self, request: web.Request, cluster: str, data: bytes, *, streams: bool
    ) -> web.StreamResponse | ByteStream:
        """Return the answer of the server that reaches *cluster*; a long one comes as it is written there.

        Raise `UnavailableError` if there is none, or it does not answer.
        """
        if request.headers.get(RELAYED):
            raise UnavailableError(f"this server was asked for cluster {cluster}, and does not reach it")
        server = await self._find(cluster)
        try:
            async with asyncio.timeout(_ANSWER):
                answer = await self._ask(server, request, data)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silent(server, cluster, error) from error
        headers = {name: answer.headers[name] for name in _TOLD if name in answer.headers}
        content_type = answer.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
        if streams and answer.status == web.HTTPOk.status_code and request.method != hdrs.METH_HEAD:
            source = self._pieces(answer, server, cluster)
            return ByteStream(source, content_type=content_type, headers=headers)
        async with answer:
            body = await answer.content.read(_WHOLE)
        headers[hdrs.CONTENT_TYPE] = content_type
        return web.Response(status=answer.status, body=body, headers=headers)

    async def _ask(self, server: Server, request: web.Request, data: bytes) -> aiohttp.ClientResponse:
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=_AT_ONCE)
            self._http = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, auto_decompress=False)
        headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
        return await self._http.request(
            request.method,
            server.url.rstrip("/") + request.raw_path,
            headers={**headers, RELAYED: self._me},
            data=data or None,
            allow_redirects=False,
        )

    async def _pieces(
        self, answer: aiohttp.ClientResponse, server: Server, cluster: str
    ) -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._silent(server, cluster, error) from error
        finally:
            answer.close()

    @staticmethod
    def _silent(server: Server, cluster: str, error: BaseException) -> UnavailableError:
        why = str(error) or type(error).__name__
        return UnavailableError(f"{server.named}, which reaches cluster {cluster}, does not answer: {why}")

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
