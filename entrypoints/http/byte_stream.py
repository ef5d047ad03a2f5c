"""Bytes as they come: logs that are still being written, files that are large."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Mapping

from aiohttp import web
from typing_extensions import override

from submarine.core.errors import UnavailableError
from submarine.entrypoints.http.streams import Ended, Life, Stream, close_source, wait_for

log = logging.getLogger(__name__)


class ByteStream(Stream):
    """The chunks of *source*, no faster than the client reads them.

    A stream that ends well ends with the last chunk of HTTP's own framing; one that is cut (the source
    failed, the server stops) ends without it, so that no client takes a part for the whole.
    """

    def __init__(
        self,
        source: AsyncIterable[bytes],
        *,
        content_type: str = "application/octet-stream",
        length: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._length = length
        self._headers = {"Content-Type": content_type, **(headers or {})}

    @override
    async def send(self, request: web.Request, headers: Mapping[str, str], life: Life) -> web.StreamResponse:
        """Write chunks until the source ends, the client leaves or the server stops."""
        response = web.StreamResponse(headers={**headers, **self._headers})
        response.content_length = self._length
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        try:
            written = await self._pump(response, life)
            if self._length is not None and written != self._length:
                log.error("a byte stream gave %d bytes where %d were announced", written, self._length)
                _cut(request)
        except (Ended, ConnectionError):
            _cut(request)
        except UnavailableError as error:
            log.info("a byte stream was cut, to be resumed: %s", error)
            _cut(request)
        except Exception:
            log.exception("a byte stream broke")
            _cut(request)
        return response

    async def _pump(self, response: web.StreamResponse, life: Life) -> int:
        source = aiter(self._source)
        pending: asyncio.Task[bytes | None] | None = None
        written = 0
        try:
            while True:
                pending = asyncio.ensure_future(_next(source))
                await wait_for(pending, life)
                if (chunk := pending.result()) is None:
                    return written
                written += len(chunk)
                if chunk:
                    await response.write(chunk)
        finally:
            await close_source(pending, source)


async def _next(source: AsyncIterator[bytes]) -> bytes | None:
    return await anext(source, None)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()  # what was written still goes out, the end of the framing does not
