"""Reads request bodies within bounds of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from submarine.entrypoints.http.problems import HttpError

ANYTHING: Final = "*/*"
MOST_SIGNS: Final = 200_000
"""Commas and brackets of a body that is read with care: four times what the largest sound one needs."""


@dataclass(frozen=True, slots=True)
class Document:
    """A body as it came, for a handler that reads more than JSON; inject it into a route."""

    content_type: str
    data: bytes


class Upload:
    """A body that is read as it arrives and never held whole; inject it into a route.

    Iterating raises `HttpError` 413 once more than ``limit`` bytes came, 408 if the client stalls.
    """

    def __init__(self, request: web.Request, limit: int, timeout: float) -> None:
        refuse_unread(request, limit)
        self.content_type = request.content_type
        self.length = request.content_length
        self.limit = limit
        self._content = request.content
        self._timeout = timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        while chunk := await self._chunk():
            taken += len(chunk)
            if taken > self.limit:
                raise too_large(self.limit)
            yield chunk

    async def _chunk(self) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._content.readany()
        except TimeoutError:
            raise _stalled(self._timeout) from None
        except web.RequestPayloadError:
            raise _garbled() from None


async def read_whole(request: web.Request, limit: int, timeout: float) -> bytes:  # noqa: ASYNC109 - one budget
    """Return the body; raise `HttpError` if it is over *limit* bytes or takes over *timeout* seconds."""
    refuse_unread(request, limit)
    content = request.content
    try:
        if content.is_eof():  # it came with the headers, as small ones do: no timer needed
            data = content.read_nowait(-1)
            if len(data) > limit:
                raise too_large(limit)
            return data
        async with asyncio.timeout(timeout):
            return await _collect(content, limit)
    except TimeoutError:
        raise _stalled(timeout) from None
    except web.RequestPayloadError:
        raise _garbled() from None


async def _collect(content: asyncio.StreamReader | object, limit: int) -> bytes:
    chunks: list[bytes] = []
    taken = 0
    while chunk := await content.readany():  # type: ignore[union-attr]
        taken += len(chunk)
        if taken > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def refuse_unread(request: web.Request, limit: int) -> None:
    """Raise if the client announces what is not taken: more than *limit* bytes, or compressed ones."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
    if encoding.strip().lower() != "identity":
        raise HttpError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"the body has the Content-Encoding {encoding[:40]!r}; send it as it is, without that header",
        )
    length = request.content_length
    if length is not None and length > limit:
        raise too_large(limit, length)


def refuse_crowded(data: bytes) -> None:
    """Raise `HttpError` 413 if *data* has more in it than anybody has to say.

    To find out what is wrong with megabytes of brackets takes half a second, in which nobody else is served.
    """
    count = sum(map(data.count, (b",", b"[", b"{")))
    if count > MOST_SIGNS:
        message = f"the body has {count} commas and brackets; at most {MOST_SIGNS} are taken here"
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)


def media_type(request: web.Request, consumes: Collection[str]) -> str:
    """Return the type of the body; raise `HttpError` 415 if it is none of *consumes*.

    A body that does not say what it is, is what the route expects first.
    """
    if hdrs.CONTENT_TYPE not in request.headers:
        return next(iter(consumes))
    found = request.content_type
    if found in consumes or ANYTHING in consumes:
        return found
    raise HttpError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"the body is {found}; send {' or '.join(consumes)} and say so in Content-Type",
    )


def too_large(limit: int, length: int | None = None) -> HttpError:
    """Return the error about a body of *length* bytes where *limit* are taken."""
    said = f"the body has {length} bytes" if length is not None else "the body is too large"
    return HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{said}; at most {limit} are taken here")


def _stalled(timeout: float) -> HttpError:
    return HttpError(HTTPStatus.REQUEST_TIMEOUT, f"the body did not arrive within {timeout:g} seconds")


def _garbled() -> HttpError:
    return HttpError(HTTPStatus.BAD_REQUEST, "the body does not follow its own encoding")
