"""Fills a handler's arguments from a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from submarine.core.errors import Fault, InvalidError, SubmarineError
from submarine.entrypoints.http.bodies import Document, Upload, media_type, refuse_crowded
from submarine.entrypoints.http.exchange import Exchange
from submarine.entrypoints.http.faults import faults_of, is_malformed, summary_of
from submarine.entrypoints.http.idempotency import Idempotency
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.problems import HttpError
from submarine.entrypoints.http.projection import Fields
from submarine.entrypoints.http.routing import Route
from submarine.entrypoints.http.signature import Signature, Source

_LAST_EVENT_ID: Final = "Last-Event-ID"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request and what was found out about it before its handler is called."""

    request: web.Request
    exchange: Exchange
    route: Route
    data: bytes
    promise: Idempotency | None
    upload_limit: int
    upload_timeout: float


_INJECT: Final[Mapping[Source, Callable[[Arrival, Fields], Any]]] = {
    Source.PRINCIPAL: lambda a, _: a.exchange.principal,
    Source.IF_MATCH: lambda a, _: IfMatch.of(a.request),
    Source.IDEMPOTENCY: lambda a, _: a.promise,
    Source.LAST_EVENT_ID: lambda a, _: a.request.headers.get(_LAST_EVENT_ID),
    Source.FIELDS: lambda _, fields: fields,
    Source.REQUEST: lambda a, _: a.request,
    Source.REQUEST_ID: lambda a, _: a.exchange.request_id,
    Source.DOCUMENT: lambda a, _: Document(media_type(a.request, a.route.consumes), a.data),
    Source.UPLOAD: lambda a, _: Upload(a.request, a.upload_limit, a.upload_timeout),
}


def bind(
    signature: Signature, arrival: Arrival, keys: frozenset[str] | None
) -> tuple[dict[str, Any], Fields]:
    """Return the arguments, and the fields the caller wants of the *keys* the answer has.

    Raise `InvalidError` naming every fault of path and query, or else of the body.
    """
    fields = Fields()
    request = arrival.request
    query = _query(signature, request, keys) if request.query_string else {}
    if keys is not None and "fields" in query:
        fields = Fields.of(query.pop("fields"), keys)
    arguments = _params(signature, request.match_info, query)
    for name, source in signature.injected:
        arguments[name] = _INJECT[source](arrival, fields)
    if signature.body is not None and (arrival.data or signature.body_required):
        arguments["body"] = _body(signature, arrival)
    return arguments, fields


def _query(signature: Signature, request: web.Request, keys: frozenset[str] | None) -> dict[str, Any]:
    offered = {*signature.query.values(), *(("fields",) if keys is not None else ())}
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    lists = {signature.query[name] for name in signature.repeated}
    for key, value in request.query.items():
        if key not in offered:
            expected = "one of " + ", ".join(sorted(offered)) if offered else "no query at all"
            faults.append(Fault(key[:80], "is not known", expected))
        elif key in lists:
            found.setdefault(key, []).append(value)
        elif key in found:
            faults.append(Fault(key, "is given twice", "one value"))
        else:
            found[key] = value
    if faults:
        raise InvalidError(f"the query is wrong: {summary_of(faults)}", faults)
    return found


def _params(signature: Signature, path: Mapping[str, str], query: dict[str, Any]) -> dict[str, Any]:
    if signature.params is None or (signature.optional and not query):
        return {}
    if signature.plain:
        return dict(path)
    try:
        return dict(signature.params.model_validate({**query, **path}).__dict__)
    except ValidationError as error:
        faults = faults_of(error, signature.params)
        raise InvalidError(f"the query is wrong: {summary_of(faults)}", faults) from None


def _body(signature: Signature, arrival: Arrival) -> Any:
    media_type(arrival.request, arrival.route.consumes)
    assert signature.body is not None  # noqa: S101 - bind() looked
    if not arrival.data:
        raise InvalidError("the body is missing", [Fault("", "the body is missing", "a JSON document")])
    if signature.quick is not None:
        if (found := signature.quick(arrival.data)) is not None:
            return found
        refuse_crowded(arrival.data)
    try:
        return signature.body.validate_json(arrival.data)
    except ValidationError as error:
        raise _wrong(error, signature.body_type) from None


def _wrong(error: ValidationError, root: object) -> SubmarineError:
    faults = faults_of(error, root)
    if is_malformed(error):
        return HttpError(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {summary_of(faults)}", faults)
    count = error.error_count() if len(faults) > 1 else None
    return InvalidError(f"the body is wrong: {summary_of(faults, count)}", faults)
