"""What the parts of the client share: sending, and lists that page by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from submarine.entrypoints.sdk.aio.transport import AsyncTransport
from submarine.entrypoints.sdk.documents import Document
from submarine.entrypoints.sdk.request import Request, get, send

DocumentT = TypeVar("DocumentT", bound=Document)

LARGEST_PAGE = 500


class AsyncNamespace:
    """One group of calls, such as ``client.experiments``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def _ask(self, request: Request, kind: type[DocumentT]) -> DocumentT:
        answer = await self._transport.send(request)
        return kind.of(answer.json(), answer.etag)

    async def _delete(self, path: str, etag: str | None = None) -> None:
        await self._transport.send(send("DELETE", path, etag=etag))

    async def _all(
        self, path: str, kind: type[DocumentT], limit: int | None = None, **query: Any
    ) -> AsyncIterator[DocumentT]:
        """Yield the members of a list, at most *limit*, fetching page after page."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = None if left is None else min(left, LARGEST_PAGE)
            answer = await self._transport.send(get(path, limit=size, cursor=cursor, **query))
            page = answer.json() or {}
            items = page.get("items", [])
            for item in items if left is None else items[:left]:
                yield kind.of(item)
            left = None if left is None else left - len(items)
            cursor = page.get("next_cursor")
            if cursor is None:
                return
