"""Turns what a handler returns into a response."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar, get_args, get_origin
from urllib.parse import quote

import pydantic_core
from aiohttp import web
from multidict import CIMultiDict
from pydantic import TypeAdapter

from submarine.core.pages import Page
from submarine.entrypoints.http.preconditions import etag_of, is_fresh
from submarine.entrypoints.http.projection import Fields, keys_of
from submarine.entrypoints.http.routing import Route
from submarine.entrypoints.http.streams import Stream

T = TypeVar("T")

JSON: Final = "application/json"
_NOTHING: Final[Mapping[str, str]] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value with a status or headers of its own.

    ``replayed`` says that it is the answer to an earlier request with the same ``Idempotency-Key``.
    """

    value: T
    status: int | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    replayed: bool = False


class Answering:
    """Dumps the answers of one route."""

    def __init__(self, returns: object, route: Route) -> None:
        if get_origin(returns) is Answer:
            returns = get_args(returns)[0]
        self.streams = isinstance(returns, type) and issubclass(returns, Stream | web.StreamResponse)
        self.paged = get_origin(returns) is Page
        self.item: Any = get_args(returns)[0] if self.paged else returns
        self.empty = returns is None or returns is type(None)
        self.status = route.status or (HTTPStatus.NO_CONTENT if self.empty else HTTPStatus.OK)
        self._location = route.location
        item = self.item
        dumped: Any = Sequence[item] if self.paged else item  # type: ignore[valid-type]
        self.adapter = None if self.streams or self.empty else TypeAdapter[Any](dumped)
        self.keys = keys_of(self.item) if route.method == "GET" and not self.streams else None
        self.versioned = not self.paged and "version" in (keys_of(self.item) or ())
        self._usual = Fields(self.keys - route.sparse) if self.keys and route.sparse else Fields()

    def response(self, answer: Any, request: web.Request, fields: Fields) -> web.Response:
        """Return the response that carries *answer*."""
        status, headers, value = int(self.status), _NOTHING, answer
        if isinstance(answer, Answer):
            status, headers, value = answer.status or status, answer.headers, answer.value
        found = CIMultiDict(headers)
        if value is None or self.adapter is None:
            return web.Response(status=status, headers=found)
        body = self._dump(value, fields)
        found["Content-Type"] = JSON
        if self._location and status == HTTPStatus.CREATED:
            found["Location"] = location_of(self._location, value)
        if self.versioned and (version := getattr(value, "version", None)) is not None:
            found["ETag"] = etag = etag_of(version, body)
            if request.method in {"GET", "HEAD"} and is_fresh(request, etag):
                found.popall("Content-Type")
                return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=found)
        return web.Response(body=body, status=status, headers=found)

    def _dump(self, value: Any, fields: Fields) -> bytes:
        assert self.adapter is not None  # noqa: S101 - response() looked
        wanted = fields or self._usual
        if not self.paged:
            return self.adapter.dump_json(value, include=set(wanted) if wanted else None, by_alias=True)
        include: Any = {"__all__": set(wanted)} if wanted else None
        items = self.adapter.dump_json(value.items, include=include, by_alias=True)
        return b'{"items":%s,"next_cursor":%s}' % (items, pydantic_core.to_json(value.cursor))


class _Quoted:
    """Lets a template see the fields of a value, made safe for a path."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __getitem__(self, name: str) -> str:
        return quote(str(getattr(self._value, name)), safe="")


def location_of(template: str, value: object) -> str:
    """Return *template* with the fields of *value* filled in."""
    return template.format_map(_Quoted(value))
