"""What a handler wants, read from its signature once."""

from __future__ import annotations

import enum
import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from submarine.core.access.principal import Principal
from submarine.entrypoints.http.bodies import Document, Upload
from submarine.entrypoints.http.event_stream import LastEventId
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.idempotency import Idempotency
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.projection import Fields
from submarine.entrypoints.http.routing import Handler, Route


@dataclass(frozen=True, slots=True)
class Quick:
    """Stands beside a body's type: ``read`` returns the body, None to leave it to the type itself.

    For bodies that come by the thousand. It may refuse whatever it likes, as the type has the last word
    and the words for what is wrong, but what it accepts must mean the same.
    """

    read: Callable[[bytes], Any]


class Source(enum.Enum):
    """Where an argument comes from that is neither path, query nor JSON body."""

    PRINCIPAL = enum.auto()
    IF_MATCH = enum.auto()
    IDEMPOTENCY = enum.auto()
    LAST_EVENT_ID = enum.auto()
    FIELDS = enum.auto()
    REQUEST = enum.auto()
    REQUEST_ID = enum.auto()
    DOCUMENT = enum.auto()
    UPLOAD = enum.auto()


_SOURCES: Final[Mapping[object, Source]] = {
    Principal: Source.PRINCIPAL,
    IfMatch: Source.IF_MATCH,
    Idempotency: Source.IDEMPOTENCY,
    LastEventId: Source.LAST_EVENT_ID,
    Fields: Source.FIELDS,
    web.Request: Source.REQUEST,
    RequestId: Source.REQUEST_ID,
    Document: Source.DOCUMENT,
    Upload: Source.UPLOAD,
}

_VARIABLE: Final = re.compile(r"\{([a-z_][a-z0-9_]*)(?::[^{}]+)?\}")
_STRICT: Final = ConfigDict(extra="forbid", defer_build=True, populate_by_name=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The arguments of one handler.

    ``path`` are variables of the route; ``query`` the keys a client may send, by argument. ``plain``
    tells that all there is to check is text in the path, which the router did; ``optional`` that a request
    needs to say nothing in path or query.
    """

    injected: tuple[tuple[str, Source], ...]
    path: tuple[str, ...]
    query: Mapping[str, str]
    repeated: frozenset[str]
    params: type[BaseModel] | None
    plain: bool
    optional: bool
    body: TypeAdapter[Any] | None
    body_type: object
    body_required: bool
    quick: Callable[[bytes], Any] | None
    returns: object

    @property
    def sources(self) -> frozenset[Source]:
        """Return what is injected."""
        return frozenset(source for _, source in self.injected)

    @property
    def reads_body(self) -> bool:
        """Tell whether the body is to be held in memory."""
        return self.body is not None or Source.DOCUMENT in self.sources


def signature_of(handler: Handler, route: Route) -> Signature:
    """Read *handler*; raise `TypeError` if it does not fit its *route*: a mistake of the programmer."""
    hints = get_type_hints(handler, include_extras=True)
    returns = hints.pop("return", None)
    parameters = inspect.signature(handler).parameters
    variables = tuple(_VARIABLE.findall(route.path))
    injected: list[tuple[str, Source]] = []
    fields: dict[str, Any] = {}
    query: dict[str, str] = {}
    for name, parameter in parameters.items():
        if name not in hints:
            raise TypeError(f"{handler.__qualname__}: argument {name} has no type")
        if (source := _source(hints[name])) is not None:
            injected.append((name, source))
        elif name != "body":
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            key = name if name in variables else name.rstrip("_")  # filter_ is ?filter=
            fields[name] = _field(hints[name], default, key)
            if name not in variables:
                query[name] = key
    if missing := set(variables) - fields.keys():
        raise TypeError(f"{handler.__qualname__}: the path has {missing}, the arguments do not")
    if not route.auth and Source.PRINCIPAL in {source for _, source in injected}:
        raise TypeError(f"{handler.__qualname__}: an open route has no principal")
    body = hints.get("body")
    optional = "body" in parameters and parameters["body"].default is not inspect.Parameter.empty
    return Signature(
        injected=tuple(injected),
        path=variables,
        query=query,
        repeated=frozenset(name for name in query if _is_list(hints[name])),
        params=create_model(f"{handler.__name__}_params", __config__=_STRICT, **fields) if fields else None,
        plain=not query and all(hints[name] is str for name in variables),
        optional=not variables and all(default is not ... for _, default in fields.values()),
        body=None if body is None else TypeAdapter(body),
        body_type=body,
        body_required=not optional,
        quick=next(
            (extra.read for extra in getattr(body, "__metadata__", ()) if isinstance(extra, Quick)), None
        ),
        returns=returns,
    )


def _source(hint: object) -> Source | None:
    if get_origin(hint) in {Union, types.UnionType}:
        parts = [arg for arg in get_args(hint) if arg is not type(None)]
        return _source(parts[0]) if len(parts) == 1 else None
    try:
        return _SOURCES.get(hint)
    except TypeError:  # an annotation with an unhashable part is none of ours
        return None


def _field(hint: Any, default: Any, key: str) -> tuple[Any, Any]:
    if get_origin(hint) is Annotated:  # a Field as the default would hide the constraints
        return Annotated[hint, Field(alias=key)], default
    return hint, Field(default=default, alias=key)


def _is_list(hint: object) -> bool:
    if get_origin(hint) is Annotated:
        return _is_list(get_args(hint)[0])
    if get_origin(hint) in {Union, types.UnionType}:
        return any(_is_list(arg) for arg in get_args(hint))
    return get_origin(hint) in {list, tuple, set, frozenset}
