"""Describes the routes as an OpenAPI 3.1 document, from the declarations they run by.

Source: https://spec.openapis.org/oas/v3.1.0; its schemas are JSON Schema 2020-12, which pydantic speaks.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from submarine.entrypoints.documents.models import ExperimentDocument
from submarine.entrypoints.http.answers import Answer
from submarine.entrypoints.http.byte_stream import ByteStream
from submarine.entrypoints.http.endpoint import Endpoint
from submarine.entrypoints.http.event_stream import EventStream
from submarine.entrypoints.http.problems import MEDIA_TYPE
from submarine.entrypoints.http.routing import Route
from submarine.entrypoints.http.signature import Source

Schema = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final[Schema] = {"$ref": "#/components/schemas/Problem"}
_BINARY: Final[Schema] = {"type": "string", "format": "binary"}


class FaultModel(BaseModel):
    """One thing wrong with the input."""

    field: str
    reason: str
    expected: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultModel]
    retry_after: float | None = None


def document(title: str, version: str, table: Sequence[Endpoint]) -> Schema:
    """Return the description of the documented routes of *table*."""
    shown = [endpoint for endpoint in table if endpoint.route.documented]
    schemas = _Schemas(shown)
    paths: dict[str, Schema] = {}
    for endpoint in shown:
        operation = _operation(endpoint, schemas)
        paths.setdefault(_plain(endpoint.route.path), {})[endpoint.route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(e.route.tag for e in shown if e.route.tag)],
        "paths": paths,
        "components": {
            "schemas": schemas.shared,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Schemas:
    """The schema of everything that goes in or out, with what is shared set apart."""

    def __init__(self, table: Sequence[Endpoint]) -> None:
        wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = [
            ("problem", "serialization", TypeAdapter(Problem)),
            ("spec", "validation", TypeAdapter(ExperimentDocument)),
        ]
        for endpoint in table:
            wanted += self._of(endpoint)
        found, shared = TypeAdapter.json_schemas(wanted, ref_template=_REF)
        self._found = {key: schema for (key, _mode), schema in found.items()}
        self.shared: dict[str, Schema] = shared.get("$defs", {})
        _drop_empty_defaults(self.shared)

    @staticmethod
    def _of(endpoint: Endpoint) -> Iterator[tuple[Any, Any, TypeAdapter[Any]]]:
        signature, answering = endpoint.signature, endpoint.answering
        if signature.params is not None:
            yield (endpoint.name, "params"), "validation", TypeAdapter(signature.params)
        if signature.body is not None:
            yield (endpoint.name, "body"), "validation", signature.body
        if not answering.streams and not answering.empty:
            yield (endpoint.name, "item"), "serialization", TypeAdapter(answering.item)
        for status, kind in endpoint.route.also.items():
            yield (endpoint.name, status), "serialization", TypeAdapter[Any](kind)  # type: ignore[arg-type]  # a route says types

    def of(self, endpoint: Endpoint, part: object) -> Schema | None:
        """Return the schema of one part of *endpoint*, None if it has none."""
        return self._found.get((endpoint.name, part))

    def inlined(self, endpoint: Endpoint, part: object) -> Schema:
        """Return the schema of *part* itself where it is only a reference, taken from what is shared."""
        found = self.of(endpoint, part) or {}
        if "$ref" in found:
            return self.shared.pop(found["$ref"].rpartition("/")[2], {})
        return found

    def in_part(self, endpoint: Endpoint) -> Schema:
        """Return the schema of what *endpoint* answers, of which ``fields=`` may leave out anything."""
        found = self.of(endpoint, "item") or {}
        name = found.get("$ref", "").rpartition("/")[2]
        whole = self.shared[name] if name else found
        part = {key: value for key, value in whole.items() if key != "required"}
        if not name:
            return part
        self.shared[f"{name}Part"] = {**part, "title": f"{name}Part"}
        return {"$ref": _REF.format(model=f"{name}Part")}

    @property
    def spec(self) -> Schema:
        """Return the schema of an experiment's spec."""
        return self._found["spec"]


def _drop_empty_defaults(schema: Any) -> None:
    """Take away defaults that only mean "not said": they need not keep the laws of what is said."""
    if isinstance(schema, dict):
        if schema.get("default", ...) in ("", None) and "properties" not in schema:
            schema.pop("default", None)
        for part in schema.values():
            _drop_empty_defaults(part)
    elif isinstance(schema, list):
        for part in schema:
            _drop_empty_defaults(part)


def _plain(path: str) -> str:
    """Return *path* without the patterns that aiohttp reads: ``{path:.+}`` is ``{path}``."""
    out, depth, skip = [], 0, False
    for character in path:
        depth += (character == "{") - (character == "}")
        if depth == 0:
            skip = False
        elif character == ":" and depth == 1:
            skip = True
        if not skip:
            out.append(character)
    return "".join(out)


def _operation(endpoint: Endpoint, schemas: _Schemas) -> Schema:
    route = endpoint.route
    summary, _, description = (inspect.getdoc(endpoint.handler) or "").partition("\n")
    said: Schema = {"operationId": endpoint.name, "summary": summary.rstrip(".")}
    if description.strip():
        said["description"] = description.strip()
    if route.tag:
        said["tags"] = [route.tag]
    if not route.auth:
        said["security"] = []
    if parameters := [*_parameters(endpoint, schemas), *_headers(endpoint)]:
        said["parameters"] = parameters
    if body := _body(endpoint, schemas):
        said["requestBody"] = body
    said["responses"] = {**_good(endpoint, schemas), **dict(_problems(endpoint))}
    return said


def _parameters(endpoint: Endpoint, schemas: _Schemas) -> Iterator[Schema]:
    signature = endpoint.signature
    model = schemas.inlined(endpoint, "params")
    required = model.get("required", ())
    for name, schema in model.get("properties", {}).items():
        in_path = name in signature.path
        shown = {key: value for key, value in schema.items() if key != "title"}
        yield {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in required,
            "schema": _without_null(shown),
        }
    if endpoint.answering.keys is not None:
        offered = ", ".join(sorted(endpoint.answering.keys))
        yield {
            "name": "fields",
            "in": "query",
            "required": False,
            "description": f"What to answer, separated by commas, of: {offered}.",
            "schema": {"type": "string"},
        }


def _without_null(schema: Schema) -> Schema:
    """Return *schema* without null: a query has no word for it, one leaves the key out."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {
        key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)
    }
    if not options:
        return rest
    return {**options[0], **rest} if len(options) == 1 else {"anyOf": options, **rest}


def _headers(endpoint: Endpoint) -> Iterator[Schema]:
    sources = endpoint.signature.sources
    if endpoint.route.method == "POST":
        yield _header("Idempotency-Key", "A new key for a new request: sent again, it is done once.")
    if Source.IF_MATCH in sources:
        yield _header("If-Match", "The ETag last seen; the request is refused if it is not the present one.")
    if Source.LAST_EVENT_ID in sources:
        yield _header("Last-Event-ID", "The id of the last event received, to go on after it.")


def _header(name: str, description: str) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


def _body(endpoint: Endpoint, schemas: _Schemas) -> Schema | None:
    route, sources = endpoint.route, endpoint.signature.sources
    if Source.DOCUMENT in sources:
        return {"required": True, "content": {kind: {"schema": schemas.spec} for kind in route.consumes}}
    if Source.UPLOAD in sources:
        kinds = [kind if kind != "*/*" else "application/octet-stream" for kind in route.consumes]
        return {"required": True, "content": {kind: {"schema": _BINARY} for kind in kinds}}
    if (schema := schemas.of(endpoint, "body")) is None:
        return None
    return {
        "required": endpoint.signature.body_required,
        "content": {"application/json": {"schema": schema}},
    }


def _good(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Schema]:
    answering, route = endpoint.answering, endpoint.route
    answer: Schema = {"description": HTTPStatus(int(answering.status)).phrase}
    if content := _content(endpoint, schemas):
        answer["content"] = content
    headers = dict(_answer_headers(route, versioned=answering.versioned))
    if headers:
        answer["headers"] = headers
    answers = {str(int(answering.status)): answer}
    for status in route.also:
        schema = schemas.of(endpoint, status) or {}
        answers[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": schema}},
        }
    return answers


def _content(endpoint: Endpoint, schemas: _Schemas) -> Schema | None:
    answering = endpoint.answering
    if answering.streams:
        kind = answering.item
        kind = get_args(kind)[0] if get_origin(kind) is Answer else kind
        if issubclass(kind, EventStream):
            return {"text/event-stream": {"schema": {"type": "string"}}}
        if issubclass(kind, ByteStream):
            return {"*/*": {"schema": _BINARY}}
        return {"*/*": {"schema": {}}}
    if answering.empty:
        return None
    schema = schemas.of(endpoint, "item") or {} if answering.keys is None else schemas.in_part(endpoint)
    if answering.paged:
        schema = {
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {
                "items": {"type": "array", "items": schema},
                "next_cursor": {"type": ["string", "null"]},
            },
        }
    return {"application/json": {"schema": schema}}


def _answer_headers(route: Route, *, versioned: bool) -> Iterator[tuple[str, Schema]]:
    text: Schema = {"schema": {"type": "string"}}
    if route.location:
        yield "Location", {"description": "Where what was made is found.", **text}
    if versioned:
        yield "ETag", {"description": "For If-Match and If-None-Match.", **text}
    if route.method == "POST":
        yield "Idempotency-Replayed", {"description": "Present if this answers an earlier request.", **text}


def _problems(endpoint: Endpoint) -> Iterator[tuple[str, Schema]]:
    route, sources = endpoint.route, endpoint.signature.sources
    possible = {400, 421, 422, 429, 500, 503}
    if route.auth:
        possible |= {401, 403, 404}
    if route.method == "POST":
        possible.add(401)  # a login is open, and may be refused
    if endpoint.signature.path:
        possible.add(404)
    named = bool(endpoint.signature.path) or "project" in endpoint.signature.query.values()
    if route.method != "GET" or (route.auth and named):  # a name may fit several things
        possible |= {409}
    if endpoint.signature.reads_body or Source.UPLOAD in sources:
        possible |= {408, 413, 415}
    if Source.IF_MATCH in sources:
        possible.add(412)
    content: Mapping[str, Schema] = {MEDIA_TYPE: {"schema": _PROBLEM}}
    for status in sorted(possible):
        yield str(status), {"description": HTTPStatus(status).phrase, "content": content}
