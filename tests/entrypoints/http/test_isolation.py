"""What one team has, another neither sees nor touches: by every route, with every kind of token."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from tests.entrypoints.http.site import OPEN, filled, site
from tests.entrypoints.http.two_teams import ROLES, SECRET, Team, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERYBODYS: Final = {
    "GET /api/v1/clusters",
    "GET /api/v1/clusters/{name}",
    "GET /api/v1/plugins",
    "GET /api/v1/me",
    "POST /api/v1/logout",
}
"""What belongs to the site, or to the caller."""
OWN: Final = {
    "GET /api/v1/experiments",
    "GET /api/v1/events",
    "GET /api/v1/projects",
    "GET /api/v1/teams",
    "GET /api/v1/users",
    "GET /api/v1/tokens",
    "GET /api/v1/audit",
}
"""Lists, of which everybody sees a part of their own."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with site(tmp_path_factory.mktemp("isolation")) as server:
        red, blue = Team("red", SECRET), Team("blue", "azure")
        await red.settle(server)
        await blue.settle(server)
        yield World(server, red, blue)


async def _tried(world: World, token: str, allowed: set[str]) -> list[tuple[str, int, str]]:
    """Return what *token* got from each route aimed at the red team that it should not have."""
    wrong = []
    for route in sorted(set(world.server.routes) - OPEN - allowed):
        method, path = route.split(" ")
        path = filled(path, dict(world.red.values(route)))
        answer = await world.server.call(method, path, token, **world.red.request(route))
        if answer.status_code not in {401, 403, 404} or SECRET in answer.text:
            wrong.append((route, answer.status_code, answer.text[:200]))
    return wrong


async def test_the_team_itself_reaches_what_the_others_do_not(world: World) -> None:
    not_there = {
        "GET /api/v1/projects/{project}/code/{digest}": 404,
        "GET /api/v1/experiments/{ref}/code": 404,
        "GET /api/v1/clusters/{name}/orphans": 403,
    }
    found = {}
    for route in sorted(set(world.server.routes) - OPEN - {"GET /api/v1/events", "GET /api/v1/audit"}):
        if route.startswith("GET"):
            path = filled(route.removeprefix("GET "), dict(world.red.values(route)))
            found[route] = (await world.server.call("GET", path, world.red.tokens["viewer"])).status_code
    assert {route: status for route, status in found.items() if status != 200} == not_there


@pytest.mark.parametrize("role", ROLES)
async def test_another_team_s_people_reach_nothing(world: World, role: str) -> None:
    before = await world.server.call("GET", f"/api/v1/experiments/{world.red.experiment}")
    assert not await _tried(world, world.blue.tokens[role], EVERYBODYS | OWN)
    after = await world.server.call("GET", f"/api/v1/experiments/{world.red.experiment}")
    assert after.json() == before.json()


async def test_another_job_s_token_reaches_nothing(world: World) -> None:
    server, red, blue = world.server, world.red, world.blue
    assert not await _tried(world, blue.job_token(server, blue.experiment), EVERYBODYS | OWN)
    own_project = {"GET /api/v1/projects/{ref}"}
    assert not await _tried(world, red.job_token(server, red.other), EVERYBODYS | OWN | own_project)


async def test_a_job_s_token_is_for_its_own_metadata_alone(world: World) -> None:
    server, red = world.server, world.red
    token = red.job_token(server, red.experiment)
    base = f"/api/v1/experiments/{red.experiment}"
    assert (await server.made("GET", base, token))["id"] == red.experiment
    await server.made("POST", f"{base}/metrics", token, json={"points": [{"key": "own", "value": 1}]})
    for method, path, body in (
        ("POST", f"{base}/cancel", None),
        ("DELETE", base, None),
        ("POST", f"{base}/rerun", None),
        ("POST", f"{base}/clone", {"changes": {}}),
        ("POST", "/api/v1/experiments", red.spec("by-a-job")),
        ("POST", "/api/v1/tokens", {"name": "more"}),
        ("GET", "/api/v1/users", None),
        ("GET", "/api/v1/audit", None),
        ("POST", "/api/v1/clusters/sim/drain", None),
    ):
        answer = await server.call(method, path, token, json=body)
        assert answer.status_code in {403, 404}, (method, path, answer.text)
    listed = await server.made("GET", "/api/v1/experiments", token)
    assert {item["id"] for item in listed["items"]} <= {red.experiment, red.other}


async def test_a_token_for_one_project_reaches_no_other_of_the_team(world: World) -> None:
    server, red = world.server, world.red
    maintainer = red.tokens["maintainer"]
    body = {"name": "audio", "team": "red"}
    await server.made("POST", "/api/v1/projects", maintainer, json=body)
    request = {"name": "narrow", "project": "red/audio"}
    token = (await server.made("POST", "/api/v1/tokens", maintainer, json=request))["token"]
    wrong = await _tried(world, token, EVERYBODYS | OWN)
    of_the_team = {"GET /api/v1/teams/{name}", "GET /api/v1/teams/{name}/members", "GET /api/v1/users/{name}"}
    assert not [w for w in wrong if w[0] not in of_the_team]
    for path in ("/api/v1/experiments", "/api/v1/projects"):
        assert world.red.experiment not in json.dumps(await server.made("GET", path, token))
        assert "vision" not in json.dumps(await server.made("GET", path, token))


async def test_a_lesser_token_is_not_told_what_was_answered_to_a_greater(world: World) -> None:
    """An answer kept under an Idempotency-Key may hold a secret, and costs no right to ask for again."""
    server, maintainer = world.server, world.red.tokens["maintainer"]
    await server.made("POST", "/api/v1/projects", maintainer, json={"name": "aside", "team": "red"})
    lesser = [
        (await server.made("POST", "/api/v1/tokens", maintainer, json={"name": "less", **less}))["token"]
        for less in ({"scopes": ["read"]}, {"project": "red/aside"})
    ]
    for number, (path, body) in enumerate(
        (
            ("/api/v1/tokens", {"name": "far"}),
            ("/api/v1/projects", {"name": "kept", "team": "red"}),
            ("/api/v1/experiments", world.red.spec("kept")),
            (f"/api/v1/experiments/{world.red.experiment}/metrics", {"points": [{"key": "k", "value": 1}]}),
        )
    ):
        request = {"json": body, "headers": {"Idempotency-Key": f"key-{number}"}}
        first = await server.made("POST", path, maintainer, **copy.deepcopy(request))
        again = await server.made("POST", path, maintainer, **copy.deepcopy(request))
        assert again.get("id") == first.get("id")
        for token in lesser:
            answer = await server.call("POST", path, token, **copy.deepcopy(request))
            assert "Idempotency-Replayed" not in answer.headers, path
            if path == "/api/v1/tokens" and answer.is_success:
                assert answer.json()["token"] != first["token"]
                assert answer.json()["project"] is not None
            else:
                assert answer.status_code in {403, 404}, (path, answer.text)


async def test_nobody_gets_in_with_a_token_that_was_revoked(world: World) -> None:
    server, maintainer = world.server, world.red.tokens["maintainer"]
    made = await server.made("POST", "/api/v1/tokens", maintainer, json={"name": "short"})
    assert (await server.call("GET", "/api/v1/me", made["token"])).status_code == 200
    await server.call("DELETE", f"/api/v1/tokens/{made['id']}", maintainer)
    wrong = await _tried(world, made["token"], set())
    assert not wrong
    assert (await server.call("GET", "/api/v1/me", made["token"])).status_code == 401


async def test_nobody_gets_in_with_a_token_that_has_expired(world: World) -> None:
    server, maintainer = world.server, world.red.tokens["maintainer"]
    body = {"name": "fleeting", "expires_in": "1s"}
    token = (await server.made("POST", "/api/v1/tokens", maintainer, json=body))["token"]
    async with asyncio.timeout(30):
        while (await server.call("GET", "/api/v1/me", token)).status_code != 401:
            await asyncio.sleep(0.05)
    assert not await _tried(world, token, set())


async def test_a_viewer_changes_nothing(world: World) -> None:
    server, red = world.server, world.red
    wrong = []
    own = EVERYBODYS | OWN | {"PATCH /api/v1/users/{name}", "PUT /api/v1/users/{name}/password"}
    for route in sorted(set(server.routes) - OPEN - own):
        method, path = route.split(" ")
        if method == "GET" or "/members/" in path:
            continue
        path = filled(path, dict(red.values(route)))
        answer = await server.call(method, path, red.tokens["viewer"], **red.request(route))
        if answer.status_code not in {403, 404}:
            wrong.append((route, answer.status_code, answer.text[:200]))
    # a token of one's own, limited to what one sees anyway, is no change
    assert [w[0] for w in wrong] == ["POST /api/v1/tokens"]


@pytest.mark.parametrize("role", ROLES)
async def test_lists_show_one_s_own_team_alone(world: World, role: str) -> None:
    server, token = world.server, world.blue.tokens[role]
    for route in sorted(OWN | EVERYBODYS):
        method, path = route.split(" ")
        if path == "/api/v1/events" or method == "POST" or "{" in path:
            continue
        answer = await server.call("GET", path, token, params={"limit": 500} if route in OWN else {})
        assert answer.status_code == 200 or (path == "/api/v1/audit" and role != "maintainer"), path
        for word in (SECRET, world.red.experiment, world.red.project, '"red"', '"red/', '"red-'):
            assert word not in answer.text, (path, word)
    mine = await server.made("GET", "/api/v1/experiments", token)
    assert {item["project"] for item in mine["items"]} == {"blue/vision"}


async def test_no_filter_finds_another_team_s(world: World) -> None:
    server, token = world.server, world.blue.tokens["maintainer"]
    for text in (
        "name = 'digits'",
        "project = 'red/vision'",
        f"tags has '{SECRET}'",
        f"params.optimizer = '{SECRET}'",
        "project != 'blue/vision'",
        "not (project = 'blue/vision')",
        "state = 'running' or state != 'running'",
        f"id = '{world.red.experiment}'",
    ):
        answer = await server.call("GET", "/api/v1/experiments", token, params={"filter": text})
        assert answer.status_code in {200, 422}, text
        if answer.status_code == 200:
            assert {item["project"] for item in answer.json()["items"]} <= {"blue/vision"}, text
    for key in ("project", "team", "user"):
        for path in ("/api/v1/experiments", "/api/v1/projects", "/api/v1/tokens", "/api/v1/events"):
            value = {"project": "red/vision", "team": "red", "user": "red-member"}[key]
            answer = await server.call("GET", path, token, params={key: value})
            assert answer.status_code in {403, 404, 422}, (path, key, answer.text)
    trail = await server.call("GET", "/api/v1/audit", token, params={"filter": "team = 'red'"})
    assert trail.json()["items"] == []


async def test_a_name_that_both_teams_use_means_one_s_own(world: World) -> None:
    server = world.server
    for team in (world.red, world.blue):
        for role in ROLES:
            token = team.tokens[role]
            assert (await server.made("GET", "/api/v1/projects/vision", token))["id"] == team.project
            assert (await server.made("GET", "/api/v1/experiments/letters", token))["id"] == team.experiment
            query = "?project=vision"
            found = await server.made("GET", f"/api/v1/experiments/letters{query}", token)
            assert found["id"] == team.experiment
    both = await server.call("GET", "/api/v1/projects/vision")
    assert both.status_code == 409
    assert "red/vision" in both.text


async def test_nothing_is_carried_over_by_way_of_one_s_own(world: World) -> None:
    server, blue, red = world.server, world.blue, world.red
    token, base = blue.tokens["maintainer"], f"/api/v1/experiments/{blue.experiment}"
    for method, path, body in (
        ("GET", f"{base}/diff/{red.experiment}", None),
        ("GET", f"/api/v1/experiments/{red.experiment}/diff/{blue.experiment}", None),
        ("POST", f"{base}/clone", {"changes": {"project": "red/vision"}}),
        ("POST", f"{base}/clone", {"changes": {"project": red.project}}),
        ("GET", f"{base}?project=red%2Fvision", None),
        ("GET", f"/api/v1/events?experiment={red.experiment}", None),
        ("GET", f"/api/v1/events?experiment={blue.experiment}&project={red.project}", None),
        ("POST", "/api/v1/projects", {"name": "x", "team": "red"}),
        ("GET", "/api/v1/tokens?user=red-member", None),
    ):
        answer = await server.call(method, path, token, json=body)
        assert answer.status_code in {403, 404}, (method, path, answer.text[:300])
        assert SECRET not in answer.text


@pytest.mark.parametrize("who", ["maintainer", "job"])
async def test_the_feed_of_one_team_is_silent_about_the_other(world: World, who: str) -> None:
    server, red, blue = world.server, world.red, world.blue
    token = blue.job_token(server, blue.experiment) if who == "job" else blue.tokens[who]
    text = ""

    async def read() -> None:
        nonlocal text
        headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": ""}
        async with server.client.stream("GET", "/api/v1/events", headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            async for chunk in answer.aiter_text():
                text += chunk

    await server.made("POST", "/api/v1/experiments", red.tokens["member"], json=red.spec(f"noise-for-{who}"))
    mark = await server.made(
        "POST", "/api/v1/experiments", blue.tokens["member"], json=blue.spec(f"mark-{who}")
    )
    last = blue.experiment if who == "job" else mark["id"]
    reading = asyncio.ensure_future(read())
    try:
        async with asyncio.timeout(60):
            while last not in text and not reading.done():
                await asyncio.sleep(0.01)
        assert last in text
    finally:
        reading.cancel()
        await asyncio.wait([reading])
        assert SECRET not in text
        assert red.experiment not in text
        assert "noise" not in text
        assert '"red/' not in text


async def test_logs_and_artifacts_are_the_team_s_own(world: World) -> None:
    server, red, blue = world.server, world.red, world.blue
    for path in ("logs", f"artifacts/{SECRET}.txt"):
        own = await server.call("GET", f"/api/v1/experiments/{red.experiment}/{path}", red.tokens["viewer"])
        assert SECRET in own.text, path
        other = await server.call(
            "GET", f"/api/v1/experiments/{red.experiment}/{path}", blue.tokens["maintainer"]
        )
        assert other.status_code == 404
    for escape in (
        f"..%2f{red.experiment}%2f{SECRET}.txt",
        f"%2e%2e/{red.experiment}/{SECRET}.txt",
        "%00",
        "/etc/passwd",
    ):
        answer = await server.call(
            "GET", f"/api/v1/experiments/{blue.experiment}/artifacts/{escape}", blue.tokens["member"]
        )
        assert answer.status_code in {404, 422}, escape
