"""The description of the API, and a page that shows it to people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from typing import Final

from aiohttp import hdrs, web

from submarine import __version__
from submarine.entrypoints.http.endpoint import Endpoint
from submarine.entrypoints.http.preconditions import etag_of, is_fresh
from submarine.entrypoints.http.routing import route

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES: Final = {"": "text/html", "page.js": "text/javascript", "page.css": "text/css"}


class BrowserController:
    """Both are for everybody: they say nothing that the source does not."""

    def __init__(self) -> None:
        self._table: Sequence[Endpoint] = ()

    def describe(self, table: Sequence[Endpoint]) -> None:
        """Describe *table*; the work is done when somebody asks, not at the start."""
        self._table = table

    @cached_property
    def _document(self) -> bytes:
        from submarine.entrypoints.http.openapi import document

        return json.dumps(document("Submarine", __version__, self._table), ensure_ascii=False).encode()

    @route("GET", "/api/v1/openapi.json", auth=False, documented=False)
    async def show_document(self, request: web.Request) -> web.Response:
        """Describe the API as OpenAPI 3.1."""
        body = self._document
        etag = etag_of(1, body)
        if is_fresh(request, etag):
            return web.Response(status=304, headers={hdrs.ETAG: etag})
        return web.Response(body=body, content_type="application/json", headers={hdrs.ETAG: etag})

    @route("GET", "/api/v1/docs", auth=False, documented=False)
    async def show_page(self) -> web.Response:
        """Show the API to people, without any other network."""
        return _file("page.html", "text/html")

    @route("GET", "/api/v1/docs/{name}", auth=False, documented=False)
    async def show_part(self, name: str) -> web.Response:
        """Serve what the page is made of."""
        if not name or name not in _FILES:
            raise web.HTTPNotFound
        return _file(name, _FILES[name])


def _file(name: str, kind: str) -> web.Response:
    text = (resources.files(__package__) / name).read_text("utf-8")
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=headers)
