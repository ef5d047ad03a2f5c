"""What another team has and what nobody has get one answer: by every route, whoever asks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from submarine.core.access.job_tokens import JobTokens
from submarine.core.ids import new_id
from tests.entrypoints.http.site import OPEN, Site, filled, site
from tests.entrypoints.http.two_teams import FILLED, ROLES, SECRET, Team

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSALS: Final = frozenset({401, 403, 404})
STRANGERS: Final = (
    "none",
    "garbage",
    "guessed",
    "forged",
    "older",
    "ended",
    "expired",
    "revoked",
    "disabled",
)
OUTSIDERS: Final = (*ROLES, "limited", "job")
EMPTY: Final = '{"items":[],"next_cursor":null}'
QUERIES: Final = {
    "GET /api/v1/experiments": ("project",),
    "GET /api/v1/events": ("project", "experiment"),
    "GET /api/v1/projects": ("team",),
    "GET /api/v1/tokens": ("user",),
}
"""What lists may be asked for by name."""


@dataclass
class Doubt:
    """A team that exists, its double that does not, and everybody who is not to know which is which."""

    server: Site
    red: Team
    nobody: Team
    tokens: Mapping[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doubt(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doubt]:
    async with site(tmp_path_factory.mktemp("existence")) as server:
        red, blue = Team("red", SECRET), Team("blue", "azure")
        await red.settle(server)
        await blue.settle(server)
        nobody = replace(
            red,
            name="rad",
            project=new_id(),
            experiment=new_id(),
            other=new_id(),
            token_ids=dict.fromkeys(ROLES, new_id()),
        )
        yield Doubt(server, red, nobody, {**await _dead(server, red), **await _blue(server, blue)})


async def _blue(server: Site, blue: Team) -> dict[str, str]:
    body = {"name": "narrow", "project": "blue/vision"}
    limited = (await server.made("POST", "/api/v1/tokens", blue.tokens["maintainer"], json=body))["token"]
    return {**blue.tokens, "limited": limited, "job": blue.job_token(server, blue.experiment)}


async def _dead(server: Site, red: Team) -> dict[str, str]:
    """Return tokens of the red team itself, none of which is worth anything any more."""
    maintainer = red.tokens["maintainer"]
    made = {}
    for name, more in (("expired", {"expires_in": "1s"}), ("revoked", {})):
        body = {"name": name, **more}
        made[name] = await server.made("POST", "/api/v1/tokens", maintainer, json=body)
    await server.made("DELETE", f"/api/v1/tokens/{made['revoked']['id']}", maintainer)
    gone = Team("gone", "gone")
    await gone.settle(server)
    await server.made("PATCH", "/api/v1/users/gone-member", json={"disabled": True})
    await server.made("POST", f"/api/v1/experiments/{gone.experiment}/cancel")
    dead = {
        "none": "",
        "garbage": "sub_garbage",
        "guessed": maintainer[:-10] + "A" * 10,
        "forged": JobTokens(b"x" * 32).mint(red.experiment, 1),
        "older": server.app.job_tokens().mint(red.experiment, 0),
        "ended": gone.job_token(server, gone.experiment),
        "disabled": gone.tokens["member"],
        **{name: token["token"] for name, token in made.items()},
    }
    async with asyncio.timeout(60):
        for name in ("expired", "ended"):
            while (await server.call("GET", "/api/v1/me", dead[name])).status_code != 401:
                await asyncio.sleep(0.05)
    return dead


def _masked(answer: httpx.Response, team: Team) -> tuple[int, str, Mapping[str, str]]:
    """Return what *answer* says, but for the names that the caller said first."""
    text = answer.text.replace(answer.headers.get("X-Request-Id", "\0"), "REQUEST")
    known = (team.project, team.experiment, team.other, *team.token_ids.values(), team.name)
    for word in known:
        text = re.sub(rf"\b{word}\b", "WORD", text)
    varying = {"date", "x-request-id", "content-length"}
    return answer.status_code, text, {k: v for k, v in answer.headers.items() if k not in varying}


async def _both(doubt: Doubt, token: str, route: str, query: str = "") -> tuple[Any, Any]:
    """Return the answers about what exists and about what does not."""
    method, path = route.split(" ")
    answers = []
    for team in (doubt.red, doubt.nobody):
        asked = {"project": team.project, "experiment": team.experiment, "team": team.name}
        value = {query: asked.get(query, f"{team.name}-member")} if query else None
        url = filled(path, dict(team.values(route)))
        calling = doubt.server.call(method, url, token, params=value, **team.request(route))
        answers.append(_masked(await asyncio.wait_for(calling, 20), team))
    return answers[0], answers[1]


async def test_every_route_is_known_to_whoever_asks_on_another_s_behalf(doubt: Doubt) -> None:
    """A new route fails here until ``two_teams.FILLED`` says how to aim it at a team."""
    routes = set(doubt.server.routes) - OPEN
    unknown = routes - FILLED
    assert not unknown, f"say in two_teams.py how to fill {sorted(unknown)}, and add them to FILLED"
    assert not FILLED - routes, f"two_teams.FILLED names what is gone: {sorted(FILLED - routes)}"
    document = (await doubt.server.call("GET", "/api/v1/openapi.json")).json()
    for route in sorted(routes):
        method, path = route.split(" ")
        operation = document["paths"][path][method.lower()]
        assert {"401", "403", "404"} <= operation["responses"].keys(), route
        if operation.get("requestBody", {}).get("required"):
            assert doubt.red.request(route), f"two_teams.py has no body for {route}"


@pytest.mark.parametrize("who", STRANGERS)
async def test_a_token_that_is_worth_nothing_is_told_the_same_everywhere(doubt: Doubt, who: str) -> None:
    wrong = []
    for route in sorted(set(doubt.server.routes) - OPEN):
        there, missing = await _both(doubt, doubt.tokens[who], route)
        if there != missing or there[0] != 401 or SECRET in there[1]:
            wrong.append((route, there, missing))
    assert not wrong


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_another_team_s_and_nobody_s_get_one_answer(doubt: Doubt, who: str) -> None:
    wrong = []
    for route in sorted(set(doubt.server.routes) - OPEN):
        if "{" not in route and not doubt.red.request(route):
            continue  # nothing in the request tells one team from another
        if "/clusters" in route:
            continue  # clusters are the site's
        there, missing = await _both(doubt, doubt.tokens[who], route)
        if there != missing or there[0] not in REFUSALS or SECRET in there[1]:
            wrong.append((route, there, missing))
    assert not wrong


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_no_list_tells_another_team_s_from_nobody_s(doubt: Doubt, who: str) -> None:
    wrong = []
    for route, queries in QUERIES.items():
        for query in queries:
            there, missing = await _both(doubt, doubt.tokens[who], route, query)
            empty = there[0] == 200 and there[1] == EMPTY
            if there != missing or not (empty or there[0] in REFUSALS | {422}):
                wrong.append((route, query, there, missing))
    assert not wrong


async def test_a_page_cursor_of_another_team_opens_nothing(doubt: Doubt) -> None:
    server, red = doubt.server, doubt.red
    page = await server.made("GET", "/api/v1/experiments?limit=1", red.tokens["viewer"])
    assert page["next_cursor"]
    for who in OUTSIDERS:
        query = {"limit": 500, "cursor": page["next_cursor"]}
        answer = await server.call("GET", "/api/v1/experiments", doubt.tokens[who], params=query)
        assert answer.status_code in {200, 422}, answer.text
        assert SECRET not in answer.text
        assert red.experiment not in answer.text
        assert "red/" not in answer.text


async def test_one_key_of_two_people_makes_two_things(doubt: Doubt) -> None:
    server, red = doubt.server, doubt.red
    made = []
    for token, project in ((red.tokens["member"], "red/vision"), (doubt.tokens["member"], "blue/vision")):
        body = {"name": "same", "project": project, "command": ["true"]}
        headers = {"Idempotency-Key": "one-key-of-two-people"}
        answer = await server.call("POST", "/api/v1/experiments", token, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert "Idempotency-Replayed" not in answer.headers
        made.append(answer.json())
    assert made[0]["id"] != made[1]["id"]
    assert [found["project"] for found in made] == ["red/vision", "blue/vision"]


async def test_an_etag_of_another_team_tells_nothing(doubt: Doubt) -> None:
    server, red = doubt.server, doubt.red
    path = f"/api/v1/experiments/{red.experiment}"
    tag = (await server.call("GET", path, red.tokens["viewer"])).headers["ETag"]
    for header in ({"If-None-Match": tag}, {"If-Match": tag}, {"If-None-Match": "*"}, {"If-Match": '"0"'}):
        for method in ("GET", "DELETE"):
            answers = [
                _masked(
                    await server.call(
                        method,
                        f"/api/v1/experiments/{team.experiment}",
                        doubt.tokens["maintainer"],
                        headers=header,
                    ),
                    team,
                )
                for team in (red, doubt.nobody)
            ]
            assert answers[0] == answers[1]
            assert answers[0][0] == 404


async def test_what_the_site_measures_names_no_team(doubt: Doubt) -> None:
    measured = (await doubt.server.call("GET", "/metrics", "")).text
    red = doubt.red
    for word in (SECRET, "azure", red.experiment, red.project, "red-member", "red/vision", '"red"'):
        assert word not in measured


@pytest.mark.parametrize(
    "hostile",
    ["%2e%2e", "%2e%2e%2f%2e%2e", "%00", "a" * 3000, "%F0%9F%90%9F", "%ff%fe", "'--", "%0d%0aX:1", "*"],
)
async def test_a_hostile_name_is_nobody_s(doubt: Doubt, hostile: str) -> None:
    wrong = []
    for route in sorted(set(doubt.server.routes) - OPEN):
        method, path = route.split(" ")
        if "{" not in path:
            continue
        url = filled(path, {}, hostile)
        request = doubt.red.request(route)
        answer = await doubt.server.call(method, url, doubt.tokens["maintainer"], **request)
        if answer.status_code not in {400, 403, 404, 405, 414, 422} or SECRET in answer.text:
            wrong.append((route, answer.status_code, answer.text[:200]))
    assert not wrong
