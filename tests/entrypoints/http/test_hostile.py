"""Odd inputs to every operation: each is answered in the documented way, and never with our own failure."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from tests.entrypoints.http.odd_inputs import FILTERS, PATHS, RAW, TYPES, WORDS, changed
from tests.entrypoints.http.site import Site, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEC: Final = {"name": "odd", "project": "default", "command": ["simulate", "exit=0"]}
NEEDED: Final[Mapping[str, dict[str, Any]]] = {
    "submit_experiment": SPEC,
    "log_metrics": {"points": [{"key": "k", "value": 1, "step": 1, "at": 1}]},
    "register_artifact": {"path": "a", "uri": "s3://b/a"},
    "log_in": {"username": "nobody", "password": "nothing"},
    "create_project": {"name": "odd", "team": "default"},
    "create_team": {"name": "odd"},
    "put_member": {"role": "viewer"},
    "create_user": {"name": "odd"},
    "set_password": {"password": "a very long secret"},
    "create_token": {"name": "odd"},
}
"""What a body must say, by operation."""
NESTED: Final[tuple[tuple[str, dict[str, Any], list[str]], ...]] = (
    ("resources", {"cpu": 1}, ["cpu", "memory", "gpu", "x"]),
    ("retry", {"limit": 1}, ["limit", "on", "x"]),
    ("placement", {"cluster": "sim"}, ["cluster", "labels", "policy", "x"]),
    ("code", {"uri": "s3://b/c"}, ["dir", "git", "uri", "digest", "x"]),
    ("environment", {"image": "a"}, ["image", "python", "name", "x"]),
    ("roles", {"worker": {}}, ["worker", "Not A Name", "x"]),
    ("env", {"A": "b"}, ["A", "", "A=B"]),
    ("params", {"a": 1}, ["a", "", "a.b"]),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("hostile")) as found:
        yield found


class Storm:
    """Sends, and notes what was answered as it should not be."""

    def __init__(self, server: Site, document: dict[str, Any]) -> None:
        self.server = server
        self.document = document
        self.sent = 0
        self.wrong: list[str] = []
        headers = {"Authorization": f"Bearer {server.admin}"}
        self._headers = headers

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] != "log_out":  # it would end the storm
                    yield method.upper(), path, operation

    async def send(self, method: str, path: str, operation: dict[str, Any], **request: Any) -> None:
        headers = {**self._headers, **request.pop("headers", {})}
        self.sent += 1
        try:
            async with self.server.client.stream(method, path, headers=headers, **request) as answer:
                kind = answer.headers.get("content-type", "").partition(";")[0]
                if kind not in {"text/event-stream", "text/plain"}:
                    await answer.aread()
        except httpx.TransportError as error:
            self._note(method, path, request, f"no answer: {error!r}")
            return
        if fault := self._fault(answer, kind, operation):
            self._note(method, path, request, f"{answer.status_code} {kind}: {fault}")

    def _fault(self, answer: httpx.Response, kind: str, operation: dict[str, Any]) -> str:
        status = str(answer.status_code)
        if answer.status_code >= 500:
            return "our failure"
        if answer.status_code >= 400:
            if kind != "application/problem+json":
                return "no problem document"
            problem = answer.json()
            if problem["status"] != answer.status_code or not problem["detail"]:
                return "a problem without words"
            # of the path itself the router knows: a part too many, a method that another path has
            return (
                ""
                if status in operation["responses"] or status in {"404", "405", "414", "431"}
                else "not documented"
            )
        if status not in operation["responses"]:
            return "not documented"
        kinds = operation["responses"][status].get("content", {})
        if not kinds:
            return "" if not answer.content else "a body where none is documented"
        return "" if kind in kinds or "*/*" in kinds else f"documented are {list(kinds)}"

    def _note(self, method: str, path: str, request: dict[str, Any], words: str) -> None:
        said = {k: v if len(str(v)) < 300 else f"{str(v)[:300]}…" for k, v in request.items()}
        self.wrong.append(f"{method} {path[:200]} {said}: {words}")


@pytest_asyncio.fixture(loop_scope="module")
async def storm(server: Site) -> Storm:
    return Storm(server, await server.made("GET", "/api/v1/openapi.json"))


def _path(template: str, value: str) -> str:
    return re.sub(r"\{[a-z_]+\}", lambda _: value, template)


async def _target(server: Site, name: str) -> str:
    made = await server.made(
        "POST", "/api/v1/experiments", json={**SPEC, "name": name, "command": ["sleep", "9"]}
    )
    return str(made["id"])


async def test_odd_paths(server: Site, storm: Storm) -> None:
    for method, template, operation in storm.operations():
        if "{" not in template:
            continue
        body = NEEDED.get(operation["operationId"], {})
        for value in PATHS:
            request = {"json": body} if "requestBody" in operation else {}
            await storm.send(method, _path(template, value), operation, **request)
    assert storm.sent > 500
    assert not storm.wrong


async def test_odd_queries(server: Site, storm: Storm) -> None:
    target = await _target(server, "queries")
    for method, template, operation in storm.operations():
        if method != "GET":
            continue
        path = _path(template, target if "/experiments/" in template else "default")
        keys = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
        for key in (*keys, "nosuchkey"):
            values = (*WORDS, *(FILTERS if key == "filter" else ()))
            for value in values:
                await storm.send(method, path, operation, params={key: value})
        for raw in (
            "?%",
            "?=",
            "?&&&",
            "?%00=%00",
            "?a[]=1",
            "?limit=%ED%A0%80",
            "?fields=%ED%A0%80",
            "?" + "a=1&" * 500,
        ):
            await storm.send(method, path + raw, operation)
    assert not storm.wrong


async def test_odd_headers(server: Site, storm: Storm) -> None:
    target = await _target(server, "headers")
    names = (
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
        "Idempotency-Key",
        "X-Request-Id",
        "Range",
        "Accept",
        "Expect",
    )
    values = (
        "",
        "*",
        '"',
        '""',
        '"1"',
        'W/"9"',
        "9" * 400,
        "x" * 5000,
        "-1",
        "\xff".encode("latin-1"),
        "a,b,c",
        "bytes=0-",
    )
    for method, template, operation in storm.operations():
        if method == "DELETE":
            continue
        path = _path(template, target if "/experiments/" in template else "default")
        request = {"json": NEEDED[operation["operationId"]]} if operation["operationId"] in NEEDED else {}
        for name in names:
            for value in values:
                if name == "Expect" and method != "GET":
                    continue
                await storm.send(
                    method,
                    path,
                    {**operation, "responses": {**operation["responses"], "304": {}, "412": {}, "417": {}}},
                    headers={name: value},
                    **request,
                )
    assert not storm.wrong


async def test_odd_bodies(server: Site, storm: Storm) -> None:
    target = await _target(server, "bodies")
    schemas = storm.document["components"]["schemas"]
    for method, template, operation in storm.operations():
        if "requestBody" not in operation:
            continue
        path = _path(template, target if "/experiments/" in template else "default")
        for raw in RAW:
            await storm.send(
                method, path, operation, content=raw, headers={"Content-Type": "application/json"}
            )
        for kind in TYPES:
            await storm.send(
                method, path, operation, content=b'{"name": "a"}', headers={"Content-Type": kind}
            )
        schema = operation["requestBody"]["content"].get("application/json", {}).get("schema", {})
        for option in (schema, *schema.get("anyOf", ())):
            model = schemas.get(option.get("$ref", "").rpartition("/")[2], {})
            keys = [*model.get("properties", {}), "nosuchkey"] if model else []
            for body in changed(NEEDED.get(operation["operationId"], {}), keys):
                await storm.send(
                    method, path, operation, content=body, headers={"Content-Type": "application/json"}
                )
    assert storm.sent > 1000
    assert not storm.wrong


async def test_odd_specs(server: Site, storm: Storm) -> None:
    operation = storm.document["paths"]["/api/v1/experiments"]["post"]
    for key, usual, inner in NESTED:
        for nested in changed(usual, inner):
            body = json.dumps(SPEC)[:-1].encode() + b', "' + key.encode() + b'": ' + nested + b"}"
            for query in ("?dry_run=true", ""):
                await storm.send(
                    "POST",
                    f"/api/v1/experiments{query}",
                    operation,
                    content=body,
                    headers={"Content-Type": "application/json"},
                )
    for raw in (
        *RAW,
        b"a: b: c",
        b"- \t- x",
        b"? ? ?",
        b"!!python/object:os.system x",
        b"x: !!binary zzz",
        b"name: 0x_\n",
        b"&a a: *b",
        b"name: 2026-99-99\n",
    ):
        await storm.send(
            "POST",
            "/api/v1/experiments",
            operation,
            content=raw,
            headers={"Content-Type": "application/yaml"},
        )
    assert not storm.wrong


async def test_odd_metrics_params_and_tags(server: Site, storm: Storm) -> None:
    target = await _target(server, "metadata")
    base = f"/api/v1/experiments/{target}"
    paths = storm.document["paths"]
    point = {"key": "k", "value": 1, "step": 1, "at": 1}
    headers = {"Content-Type": "application/json"}
    for body in changed(point, [*point, "x"]):
        operation = paths["/api/v1/experiments/{ref}/metrics"]["post"]
        await storm.send(
            "POST", f"{base}/metrics", operation, content=b'{"points": [' + body + b"]}", headers=headers
        )
    for part in ("params", "tags"):
        operation = paths[f"/api/v1/experiments/{{ref}}/{part}"]["patch"]
        for body in changed({}, ["a", "", "a/b", "k" * 300]):
            await storm.send(
                "PATCH", f"{base}/{part}", operation, content=b'{"params": ' + body + b"}", headers=headers
            )
    for key in WORDS:
        operation = paths["/api/v1/experiments/{ref}/metrics/{key}"]["get"]
        await storm.send("GET", f"{base}/metrics/{quote(key, safe='') or '%20'}", operation)
        operation = paths["/api/v1/experiments/{ref}/artifacts/{path}"]["put"]
        await storm.send("PUT", f"{base}/artifacts/{quote(key, safe='') or '%20'}", operation, content=b"x")
    assert not storm.wrong


async def test_after_all_that_every_list_is_shown(server: Site, storm: Storm) -> None:
    for method, template, operation in storm.operations():
        if method == "GET" and "{" not in template and template != "/api/v1/events":
            await storm.send(method, template, operation)
            assert (await server.call(method, template)).status_code == 200, template
    for path in (
        "/api/v1/experiments",
        "/api/v1/users",
        "/api/v1/projects",
        "/api/v1/teams",
        "/api/v1/tokens",
    ):
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": "50", **({"cursor": cursor} if cursor else {})}
            if path == "/api/v1/experiments":
                query["fields"] = "id,name,spec,replicas,metrics,params,tags"
            cursor = (await server.made("GET", path, params=query))["next_cursor"]
    assert not storm.wrong
