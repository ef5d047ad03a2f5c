"""Login, users, teams, projects, tokens and the audit trail, as a client of the REST API meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from submarine.core.access.principal import Principal
from submarine.core.records import RECORDS
from submarine.entrypoints.http.app import rest
from submarine.entrypoints.http.callers import Callers
from submarine.entrypoints.http.kept_answers import KeptAnswers
from submarine.entrypoints.http.resources.audit import AuditController
from submarine.entrypoints.http.resources.projects import ProjectsController
from submarine.entrypoints.http.resources.sessions import SessionsController
from submarine.entrypoints.http.resources.teams import TeamsController
from submarine.entrypoints.http.resources.tokens import TokensController
from submarine.entrypoints.http.resources.users import UsersController
from submarine.plugins.registry import discover
from tests.core.access.site import PASSWORD, Site

V1 = "/api/v1"


@dataclass
class Api:
    client: TestClient[web.Request, web.Application]
    site: Site
    token: str

    async def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = None, **headers: str
    ) -> tuple[int, Any, Any]:
        """Return status, document (or None) and headers."""
        sent = {k.replace("_", "-"): v for k, v in headers.items()}
        if token != "":
            sent["Authorization"] = f"Bearer {self.token if token is None else token}"
        async with self.client.request(method, V1 + path, json=body, headers=sent) as answer:
            document = await answer.json(content_type=None) if await answer.read() else None
            return answer.status, document, answer.headers

    async def good(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:
        status, document, _ = await self.ask(method, path, body, token=token)
        assert status < 300, document
        return document

    async def user(self, name: str) -> str:
        """Make a user and return a session's token."""
        await self.good("POST", "/users", {"name": name, "password": PASSWORD})
        login = await self.good("POST", "/login", {"username": name, "password": PASSWORD}, token="")
        return str(login["token"])


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with discover().open(RECORDS, "memory", {}) as records:
        site = await Site.found(records)
        access = site.access
        app = rest(
            [
                SessionsController(access.login, Callers()),
                ProjectsController(access.projects),
                TeamsController(access.teams),
                UsersController(access.users),
                TokensController(access.tokens, access.doors),
                AuditController(access.trail),
            ],
            authenticate=access.authenticator.authenticate,
            idempotency=KeptAnswers(site.records),
        )
        async with TestClient(TestServer(app)) as client:
            yield Api(client, site, await access.founding.readmit())


async def test_somebody_is_made_logs_in_is_themselves_and_leaves(api: Api) -> None:
    body = {"name": "ada", "password": PASSWORD, "email": "a@b", "display_name": "Ada"}
    status, made, headers = await api.ask("POST", "/users", body)
    assert (status, headers["Location"]) == (201, f"{V1}/users/ada")
    assert made == {
        "name": "ada",
        "email": "a@b",
        "display_name": "Ada",
        "admin": False,
        "disabled": False,
        "version": 1,
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    login = await api.good("POST", "/login", {"username": "ada", "password": PASSWORD}, token="")
    assert login["user"] == made
    assert login["expires_at"] == "2027-01-15T20:00:00.000Z"
    me = await api.good("GET", "/me", token=login["token"])
    assert me.pop("token")["scopes"] == ["read", "write"]
    assert me == {"name": "ada", "email": "a@b", "display_name": "Ada", "admin": False, "teams": []}
    assert (await api.ask("POST", "/logout", token=login["token"]))[0] == 204
    assert (await api.ask("GET", "/me", token=login["token"]))[0] == 401


async def test_a_wrong_password_is_401_and_too_many_are_429(api: Api) -> None:
    statuses: list[int] = []
    headers: Any = {}
    for _ in range(12):
        status, _, headers = await api.ask("POST", "/login", {"username": "x", "password": "y"}, token="")
        statuses.append(status)
    assert statuses == [401] * 10 + [429] * 2
    assert int(headers["Retry-After"]) >= 1


async def test_a_password_is_never_in_an_answer(api: Api) -> None:
    for body in ({"username": "x", "password": [PASSWORD]}, {"username": "x", "passwort": PASSWORD}):
        status, document, _ = await api.ask("POST", "/login", body, token="")
        assert status == 422
        assert PASSWORD not in str(document)


async def test_who_shows_no_token_is_nobody(api: Api) -> None:
    for method, path in (
        ("GET", "/me"),
        ("GET", "/users"),
        ("POST", "/teams"),
        ("GET", "/audit"),
        ("POST", "/logout"),
    ):
        assert (await api.ask(method, path, token=""))[0] == 401


async def test_a_team_and_its_projects_live_and_die(api: Api) -> None:
    ada = await api.user("ada")
    status, team, headers = await api.ask("POST", "/teams", {"name": "vision", "description": "eyes"})
    assert (status, headers["Location"]) == (201, f"{V1}/teams/vision")
    assert (team["name"], team["description"], team["role"]) == ("vision", "eyes", "maintainer")
    assert (await api.ask("GET", "/teams/vision", token=ada))[0] == 404
    member = await api.good("PUT", "/teams/vision/members/ada", {"role": "maintainer"})
    assert (member["user"], member["role"]) == ("ada", "maintainer")
    assert (await api.good("GET", "/teams", token=ada))["items"][0]["role"] == "maintainer"
    status, project, headers = await api.ask("POST", "/projects", {"name": "digits"}, token=ada)
    assert (status, project["ref"]) == (201, "vision/digits")
    assert headers["Location"] == f"{V1}/projects/{project['id']}"
    for ref in (project["id"], "digits", "vision%2Fdigits"):
        assert await api.good("GET", f"/projects/{ref}", token=ada) == project
    status, problem, _ = await api.ask("DELETE", "/teams/vision", token=ada)
    assert (status, problem["code"]) == (409, "conflict")
    assert "digits" in problem["detail"]
    assert (await api.ask("DELETE", "/projects/vision%2Fdigits", token=ada))[0] == 204
    assert [m["user"] for m in (await api.good("GET", "/teams/vision/members"))["items"]] == ["ada", "admin"]
    assert (await api.ask("DELETE", "/teams/vision/members/admin", token=ada))[0] == 204
    status, problem, _ = await api.ask("DELETE", "/teams/vision/members/ada", token=ada)
    assert (status, problem["code"]) == (409, "conflict")
    assert (await api.ask("DELETE", "/teams/vision", token=ada))[0] == 204


async def test_a_role_that_is_none_says_which_there_are(api: Api) -> None:
    status, problem, _ = await api.ask("PUT", "/teams/default/members/admin", {"role": "king"})
    assert status == 422
    assert problem["errors"][0]["field"] == "role"
    assert "viewer" in str(problem["errors"][0])


async def test_a_name_that_cannot_be_is_422_with_its_field(api: Api) -> None:
    for path in ("/users", "/teams", "/projects"):
        status, problem, _ = await api.ask(
            "POST", path, {"name": "日本", **({"team": "default"} if "proj" in path else {})}
        )
        assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "invalid", "name")


async def test_changes_name_the_version_they_saw(api: Api) -> None:
    project = await api.good("POST", "/projects", {"name": "p", "team": "default"})
    path = f"/projects/{project['id']}"
    _, _, headers = await api.ask("GET", path)
    etag = headers["ETag"]
    status, changed, _ = await api.ask("PATCH", path, {"description": "new"}, If_Match=etag)
    assert (status, changed["description"], changed["version"]) == (200, "new", 2)
    for method, body in (("PATCH", {"description": "newer"}), ("DELETE", None)):
        assert (await api.ask(method, path, body, If_Match=etag))[0] == 412
    await api.user("ada")
    _, _, headers = await api.ask("GET", "/users/ada")
    assert (await api.ask("PATCH", "/users/ada", {"email": "1"}, If_Match=headers["ETag"]))[0] == 200
    assert (await api.ask("PATCH", "/users/ada", {"email": "2"}, If_Match=headers["ETag"]))[0] == 412
    assert (await api.ask("DELETE", "/users/ada", If_Match=headers["ETag"]))[0] == 412


async def test_what_is_left_out_of_a_patch_stays(api: Api) -> None:
    await api.user("ada")
    await api.good("PATCH", "/users/ada", {"email": "a@b"})
    user = await api.good("PATCH", "/users/ada", {"admin": True})
    assert (user["email"], user["admin"], user["disabled"]) == ("a@b", True, False)


async def test_passwords_are_changed_by_who_knows_them(api: Api) -> None:
    ada = await api.user("ada")
    path = "/users/ada/password"
    status, problem, _ = await api.ask("PUT", path, {"password": "another horse"}, token=ada)
    assert (status, problem["errors"][0]["field"]) == (422, "current")
    body = {"password": "another horse", "current": PASSWORD}
    assert (await api.ask("PUT", path, body, token=ada))[0] == 204
    await api.good("POST", "/login", {"username": "ada", "password": "another horse"}, token="")
    await api.user("bob")
    assert (await api.ask("PUT", "/users/bob/password", {"password": "mine, all mine"}, token=ada))[0] == 404


async def test_a_token_is_shown_once_and_revoked(api: Api) -> None:
    body = {"name": "ci", "expires_in": "30d", "scopes": ["read"], "project": "default/default"}
    status, made, _ = await api.ask("POST", "/tokens", body)
    assert status == 201
    text = made.pop("token")
    assert (made["scopes"], made["project"], made["user"]) == (["read"], "default/default", "admin")
    assert made["expires_at"] == "2027-02-14T08:00:00.000Z"
    listed = (await api.good("GET", "/tokens"))["items"]
    assert made in listed
    assert text not in str(listed)
    assert [p["ref"] for p in (await api.good("GET", "/projects", token=text))["items"]] == [
        "default/default"
    ]
    assert (await api.ask("POST", "/projects", {"name": "p", "team": "default"}, token=text))[0] == 403
    assert (await api.ask("DELETE", f"/tokens/{made['id']}"))[0] == 204
    assert (await api.ask("GET", "/me", token=text))[0] == 401
    assert (await api.good("POST", "/tokens", {"name": "for ever", "expires_in": "never"}))[
        "expires_at"
    ] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "t", "expires_in": "soon"}, "expires_in"),
        ({"name": "t", "expires_in": "0s"}, "expires_in"),
        ({"name": "t", "scopes": []}, "scopes"),
        ({"name": "t", "scopes": ["root"]}, "scopes"),
        ({"name": "t", "colour": "red"}, "colour"),
        ({}, "name"),
    ],
)
async def test_a_token_asked_for_wrongly_says_what_is_wrong(api: Api, body: object, field: str) -> None:
    status, problem, _ = await api.ask("POST", "/tokens", body)
    assert status == 422
    assert problem["errors"][0]["field"].startswith(field)


async def test_a_post_that_comes_again_is_answered_again(api: Api) -> None:
    status, first, _ = await api.ask("POST", "/teams", {"name": "vision"}, Idempotency_Key="k1")
    again, second, headers = await api.ask("POST", "/teams", {"name": "vision"}, Idempotency_Key="k1")
    assert (status, again, second) == (201, 201, first)
    assert headers["Idempotency-Replayed"] == "true"
    assert headers["Location"] == f"{V1}/teams/vision"
    assert (await api.ask("POST", "/teams", {"name": "audio"}, Idempotency_Key="k1"))[0] == 409
    assert (await api.ask("POST", "/teams", {"name": "vision"}))[0] == 409


async def test_a_token_made_twice_with_one_key_is_one_and_no_table_holds_it(api: Api) -> None:
    _, first, _ = await api.ask("POST", "/tokens", {"name": "t"}, Idempotency_Key="k2")
    _, second, _ = await api.ask("POST", "/tokens", {"name": "t"}, Idempotency_Key="k2")
    assert first["token"] == second["token"]
    async with api.site.records.read() as tx:
        assert await tx.session.fetch("select * from kept_answers") == []


async def test_a_password_leaves_no_quick_hash_behind(api: Api) -> None:
    await api.ask("POST", "/users", {"name": "ada", "password": PASSWORD}, Idempotency_Key="k3")
    async with api.site.records.read() as tx:
        assert await tx.session.fetch("select * from kept_answers") == []


async def test_the_trail_tells_who_did_what_in_which_request(api: Api) -> None:
    status, _, headers = await api.ask("POST", "/teams", {"name": "vision"}, X_Request_Id="my-request")
    assert (status, headers["X-Request-Id"]) == (201, "my-request")
    query = "?filter=request_id%20%3D%20'my-request'"
    (line,) = (await api.good("GET", f"/audit{query}"))["items"]
    assert (line["actor"], line["action"], line["target"], line["team"], line["outcome"]) == (
        "admin",
        "team.create",
        "vision",
        "vision",
        "ok",
    )
    ada = await api.user("ada")
    assert (await api.ask("GET", "/audit", token=ada))[0] == 403
    status, problem, _ = await api.ask("GET", "/audit?filter=colour%20%3D%20'red'")
    assert (status, problem["code"]) == (422, "invalid")


async def test_lists_have_pages_and_fields(api: Api) -> None:
    for n in range(5):
        await api.good("POST", "/projects", {"name": f"p{n}", "team": "default"})
    names, cursor = [], ""
    while True:
        page = await api.good("GET", f"/projects?limit=2&fields=name{cursor}")
        assert all(set(item) == {"name"} for item in page["items"])
        names += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == ["p4", "p3", "p2", "p1", "p0", "default"]
    for query in ("limit=0", "limit=501", "limit=x", "cursor=nonsense", "fields=secret", "colour=red"):
        for path in ("/projects", "/teams", "/users", "/tokens", "/audit"):
            assert (await api.ask("GET", f"{path}?{query}"))[0] == 422, (path, query)


async def test_a_job_knows_itself_and_touches_nobody(api: Api) -> None:
    job = "0" * 26
    project = await api.good("GET", "/projects/default")
    api.site.jobs[job, 2] = Principal(name=f"job:{job}", job=job, attempt=2, project=project["id"])
    token = api.site.access.job_tokens.mint(job, 2)
    me = await api.good("GET", "/me", token=token)
    assert me["token"] == {"id": f"{job}.2", "kind": "job", "scopes": ["read", "write"], "expires_at": None}
    for method, path, body in (
        ("GET", "/users", None),
        ("GET", "/tokens", None),
        ("POST", "/tokens", {"name": "t"}),
        ("POST", "/users", {"name": "eve"}),
        ("POST", "/teams", {"name": "eve"}),
        ("GET", "/audit", None),
        ("POST", "/logout", None),
        ("PATCH", f"/projects/{project['id']}", {"description": "mine"}),
    ):
        assert (await api.ask(method, path, body, token=token))[0] == 403, (method, path)
    for path in ("/teams/default", "/teams/default/members"):
        assert (await api.ask("GET", path, token=token))[0] == 404
    assert (await api.ask("GET", "/me", token=api.site.access.job_tokens.mint(job, 1)))[0] == 401
