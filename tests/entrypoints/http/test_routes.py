"""What holds for every route of the real server, also for those that are written tomorrow."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.entrypoints.http.site import OPEN, Site, filled, site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    async with site(folder) as found:
        yield found


async def _document(server: Site) -> dict[str, Any]:
    return await server.made("GET", "/api/v1/openapi.json", "")


async def test_every_route_but_the_declared_ones_asks_for_a_token(server: Site) -> None:
    assert set(server.routes) >= OPEN
    assert len(server.routes) > 60
    wrong = []
    for route in sorted(set(server.routes) - OPEN):
        method, path = route.split(" ")
        for token in ("", "nonsense", "sub_" + "0" * 26 + "_" + "x" * 43, "sjt_1_1_" + "x" * 43):
            answer = await server.call(method, filled(path, {}), token)
            if answer.status_code != 401 or answer.json()["code"] != "unauthenticated":
                wrong.append((route, token, answer.status_code))
    assert not wrong


async def test_the_open_routes_say_nothing_of_what_is_kept_here(server: Site) -> None:
    await server.made("POST", "/api/v1/teams", json={"name": "hush-hush"})
    await server.made("POST", "/api/v1/projects", json={"name": "manhattan", "team": "hush-hush"})
    await server.made("GET", "/api/v1/projects/manhattan")
    for route in sorted(OPEN):
        method, path = route.split(" ")
        answer = await server.call(
            method, filled(path, {"name": "page.js"}) + "?verbose" * (path == "/readyz"), ""
        )
        assert "hush-hush" not in answer.text
        assert "manhattan" not in answer.text


async def test_the_description_is_valid_openapi(server: Site) -> None:
    document = await _document(server)
    errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert not errors


async def test_every_route_is_described_and_named_once(server: Site) -> None:
    document = await _document(server)
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    undescribed = {"GET /api/v1/openapi.json", "GET /api/v1/docs", "GET /api/v1/docs/{name}"}
    assert set(operations) == set(server.routes) - undescribed
    names = [operation["operationId"] for operation in operations.values()]
    assert len(names) == len(set(names))
    for route, operation in operations.items():
        assert operation["summary"], route
        assert operation["tags"], route
        assert (operation.get("security") == []) == (route in OPEN), route
        variables = set(re.findall(r"\{([a-z_]+)\}", route))
        described = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert described == variables, route
        assert ("requestBody" in operation) <= (route.split(" ")[0] in {"POST", "PUT", "PATCH"}), route
        assert any(status.startswith("2") for status in operation["responses"]), route


async def test_the_page_is_served_with_all_its_parts_and_no_other_network(server: Site) -> None:
    page = await server.call("GET", "/api/v1/docs", "")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    parts = re.findall(r"""<(?:script|link)[^>]* (?:src|href)="([^"]+)\"""", page.text)
    assert len(parts) == 2
    for part in parts:
        assert not part.startswith(("http:", "https:", "//")), part
        path = part if part.startswith("/") else f"/api/v1/{part}"
        answer = await server.call("GET", path, "")
        assert answer.status_code == 200, part
        assert answer.headers["content-security-policy"] == policy
        assert "javascript" in answer.headers["content-type"] or "css" in answer.headers["content-type"]
    assert not re.search(r"<script(?![^>]*src=)|<style| on[a-z]+=", page.text)


async def test_the_page_serves_nothing_else(server: Site) -> None:
    for name in ("controller.py", "page.html", "..%2fapp.py", "%2e%2e", "%00", "page.js%00"):
        assert (await server.call("GET", f"/api/v1/docs/{name}", "")).status_code == 404, name


async def test_the_description_is_not_sent_twice(server: Site) -> None:
    etag = (await server.call("GET", "/api/v1/openapi.json", "")).headers["etag"]
    again = await server.call("GET", "/api/v1/openapi.json", "", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_wrong_password_too_many_is_429_for_that_name_alone(server: Site) -> None:
    for name in ("lena", "olga"):
        await server.made("POST", "/api/v1/users", json={"name": name, "password": "a very long secret"})
    statuses: list[int] = []
    wait = ""
    for _ in range(30):
        wrong = await server.call("POST", "/api/v1/login", "", json={"username": "lena", "password": "wrong"})
        statuses.append(wrong.status_code)
        wait = wrong.headers.get("retry-after", "")
        if wrong.status_code == 429:
            break
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert int(wait) >= 1
    right = {"username": "lena", "password": "a very long secret"}
    assert (await server.call("POST", "/api/v1/login", "", json=right)).status_code == 429


async def test_a_login_works_until_it_is_ended(server: Site) -> None:
    await server.made("POST", "/api/v1/users", json={"name": "mara", "password": "a very long secret"})
    session = await server.made(
        "POST", "/api/v1/login", "", json={"username": "mara", "password": "a very long secret"}
    )
    assert (await server.made("GET", "/api/v1/me", session["token"]))["name"] == "mara"
    assert (await server.call("POST", "/api/v1/logout", session["token"])).status_code == 204
    assert (await server.call("GET", "/api/v1/me", session["token"])).status_code == 401


async def test_an_answer_with_a_secret_is_replayed_but_kept_in_no_table(server: Site) -> None:
    body = {"name": "ci", "expires_in": "1h"}
    key = {"Idempotency-Key": "token-1"}
    first = await server.made("POST", "/api/v1/tokens", json=body, headers=key)
    again = await server.call("POST", "/api/v1/tokens", json=body, headers=key)
    assert again.json()["token"] == first["token"]
    assert again.headers["idempotency-replayed"] == "true"
    async with server.app.records().read() as tx:
        assert await tx.idempotency.find_answer("admin admin POST /api/v1/tokens", "token-1") is None


async def test_a_kept_answer_outlives_the_process_s_memory(server: Site) -> None:
    key = {"Idempotency-Key": "team-1"}
    await server.made("POST", "/api/v1/teams", json={"name": "kept"}, headers=key)
    async with server.app.records().read() as tx:
        assert await tx.idempotency.find_answer("admin admin POST /api/v1/teams", "team-1") is not None
    again = await server.call("POST", "/api/v1/teams", json={"name": "kept"}, headers=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    other = await server.call("POST", "/api/v1/teams", json={"name": "other"}, headers=key)
    assert other.status_code == 409
