# Made from aio/namespace.py by mirror.py: edit it there.
# fmt: off
# ruff: noqa: E501, I001, RUF100, SIM117, UP028
"""What the parts of the client share: sending, and lists that page by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from submarine.entrypoints.sdk.sync.transport import Transport
from submarine.entrypoints.sdk.documents import Document
from submarine.entrypoints.sdk.request import Request, get, send

DocumentT = TypeVar("DocumentT", bound=Document)

LARGEST_PAGE = 500


class Namespace:
    """One group of calls, such as ``client.experiments``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _ask(self, request: Request, kind: type[DocumentT]) -> DocumentT:
        answer = self._transport.send(request)
        return kind.of(answer.json(), answer.etag)

    def _delete(self, path: str, etag: str | None = None) -> None:
        self._transport.send(send("DELETE", path, etag=etag))

    def _all(
        self, path: str, kind: type[DocumentT], limit: int | None = None, **query: Any
    ) -> Iterator[DocumentT]:
        """Yield the members of a list, at most *limit*, fetching page after page."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = None if left is None else min(left, LARGEST_PAGE)
            answer = self._transport.send(get(path, limit=size, cursor=cursor, **query))
            page = answer.json() or {}
            items = page.get("items", [])
            for item in items if left is None else items[:left]:
                yield kind.of(item)
            left = None if left is None else left - len(items)
            cursor = page.get("next_cursor")
            if cursor is None:
                return
