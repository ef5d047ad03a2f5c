"""Two teams on one site, with all that a team can have, and how to aim any route at what is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.entrypoints.http.site import Site

SECRET: Final = "crimson"
"""Stands in all that is the red team's alone, and in no request of the others."""
DIGEST: Final = "0" * 64
ROLES: Final = ("viewer", "member", "maintainer")
FILLED: Final = frozenset(
    {
        "POST /api/v1/experiments",
        "GET /api/v1/experiments",
        "GET /api/v1/experiments/{ref}",
        "PATCH /api/v1/experiments/{ref}",
        "DELETE /api/v1/experiments/{ref}",
        "POST /api/v1/experiments/{ref}/cancel",
        "POST /api/v1/experiments/{ref}/suspend",
        "POST /api/v1/experiments/{ref}/resume",
        "POST /api/v1/experiments/{ref}/rerun",
        "POST /api/v1/experiments/{ref}/clone",
        "GET /api/v1/experiments/{ref}/diff/{other}",
        "GET /api/v1/experiments/{ref}/explain",
        "GET /api/v1/experiments/{ref}/events",
        "GET /api/v1/experiments/{ref}/logs",
        "GET /api/v1/experiments/{ref}/code",
        "POST /api/v1/experiments/{ref}/metrics",
        "GET /api/v1/experiments/{ref}/metrics",
        "GET /api/v1/experiments/{ref}/metrics/{key}",
        "PATCH /api/v1/experiments/{ref}/params",
        "PATCH /api/v1/experiments/{ref}/tags",
        "PUT /api/v1/experiments/{ref}/artifacts/{path}",
        "POST /api/v1/experiments/{ref}/artifacts",
        "GET /api/v1/experiments/{ref}/artifacts",
        "GET /api/v1/experiments/{ref}/artifacts/{path}",
        "DELETE /api/v1/experiments/{ref}/artifacts/{path}",
        "GET /api/v1/events",
        "GET /api/v1/projects/{project}/code/{digest}",
        "PUT /api/v1/projects/{project}/code/{digest}",
        "GET /api/v1/clusters",
        "GET /api/v1/clusters/{name}",
        "POST /api/v1/clusters/{name}/adopt",
        "POST /api/v1/clusters/{name}/drain",
        "POST /api/v1/clusters/{name}/resume",
        "GET /api/v1/clusters/{name}/orphans",
        "POST /api/v1/logout",
        "GET /api/v1/me",
        "GET /api/v1/projects",
        "POST /api/v1/projects",
        "GET /api/v1/projects/{ref}",
        "PATCH /api/v1/projects/{ref}",
        "DELETE /api/v1/projects/{ref}",
        "GET /api/v1/teams",
        "POST /api/v1/teams",
        "GET /api/v1/teams/{name}",
        "DELETE /api/v1/teams/{name}",
        "GET /api/v1/teams/{name}/members",
        "PUT /api/v1/teams/{name}/members/{user}",
        "DELETE /api/v1/teams/{name}/members/{user}",
        "GET /api/v1/users",
        "POST /api/v1/users",
        "GET /api/v1/users/{name}",
        "PATCH /api/v1/users/{name}",
        "DELETE /api/v1/users/{name}",
        "PUT /api/v1/users/{name}/password",
        "GET /api/v1/tokens",
        "POST /api/v1/tokens",
        "DELETE /api/v1/tokens/{id}",
        "GET /api/v1/audit",
        "GET /api/v1/plugins",
    }
)
"""Each route but the open ones: a new one is aimed at a team below, and named here."""


@dataclass
class Team:
    """What a team has on the site."""

    name: str
    secret: str
    tokens: dict[str, str] = field(default_factory=dict)
    token_ids: dict[str, str] = field(default_factory=dict)
    project: str = ""
    experiment: str = ""
    other: str = ""

    def spec(self, name: str = "digits", **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "project": f"{self.name}/vision",
            "description": self.secret,
            "tags": [self.secret],
            "params": {"optimizer": self.secret},
            "command": ["simulate", f"print={self.secret} log line"],
            **more,
        }

    async def settle(self, server: Site) -> None:
        """Make users of every role, and two running experiments with all that belongs to one."""
        await server.made("POST", "/api/v1/teams", json={"name": self.name, "description": self.secret})
        for role in ROLES:
            user = f"{self.name}-{role}"
            await server.made(
                "POST", "/api/v1/users", json={"name": user, "email": f"{self.secret}@{user}.example"}
            )
            await server.made("PUT", f"/api/v1/teams/{self.name}/members/{user}", json={"role": role})
            self.tokens[role] = await self._token(server, user)
        body = {"name": "vision", "team": self.name, "description": self.secret}
        maintainer = self.tokens["maintainer"]
        self.project = (await server.made("POST", "/api/v1/projects", maintainer, json=body))["id"]
        member = self.tokens["member"]
        for name in ("digits", "letters"):
            made = await server.made("POST", "/api/v1/experiments", member, json=self.spec(name))
            base = f"/api/v1/experiments/{made['id']}"
            points = {"points": [{"key": f"{self.secret}/loss", "value": 0.5}]}
            await server.made("POST", f"{base}/metrics", member, json=points)
            await server.made(
                "PUT", f"{base}/artifacts/{self.secret}.txt", member, content=self.secret.encode()
            )
            self.experiment, self.other = made["id"], self.experiment
            await _state(server, made["id"], "running")
        for role, user in ((role, f"{self.name}-{role}") for role in ROLES):
            listed = await server.made("GET", f"/api/v1/tokens?user={user}")
            self.token_ids[role] = listed["items"][0]["id"]

    async def _token(self, server: Site, user: str) -> str:
        password = "a very long secret"
        await server.made("PUT", f"/api/v1/users/{user}/password", json={"password": password})
        login = {"username": user, "password": password}
        session = await server.made("POST", "/api/v1/login", "", json=login)
        body = {"name": f"{self.secret} token"}
        token: str = (await server.made("POST", "/api/v1/tokens", session["token"], json=body))["token"]
        return token

    def job_token(self, server: Site, experiment: str) -> str:
        return server.app.job_tokens().mint(experiment, 1)

    def values(self, route: str) -> Mapping[str, str]:
        """Return what to fill the variables of *route* with to reach what is this team's."""
        name = self.name
        if "/users/" in route:
            name = f"{self.name}-member"
        elif "/clusters/" in route:
            name = "sim"
        return {
            "ref": self.project if "/projects/" in route else self.experiment,
            "other": self.other,
            "project": self.project,
            "digest": DIGEST,
            "key": f"{self.secret}/loss" if self.secret != SECRET else "%63rimson/loss",
            "path": f"{self.secret}.txt" if self.secret != SECRET else "%63rimson.txt",
            "name": name,
            "user": f"{self.name}-viewer",
            "id": self.token_ids["member"],
        }

    def request(self, route: str) -> dict[str, Any]:
        """Return a body that is right for *route*, as httpx takes it."""
        target = f"{self.name}/vision"
        bodies: dict[str, Any] = {
            "POST /api/v1/experiments": {"name": "intruder", "project": target, "command": ["true"]},
            "PATCH /api/v1/experiments/{ref}": {"description": "mine"},
            "POST /api/v1/experiments/{ref}/clone": {"changes": {}},
            "POST /api/v1/experiments/{ref}/metrics": {"points": [{"key": "k", "value": 1}]},
            "PATCH /api/v1/experiments/{ref}/params": {"params": {"k": 1}},
            "PATCH /api/v1/experiments/{ref}/tags": {"add": ["mine"]},
            "POST /api/v1/experiments/{ref}/artifacts": {"path": "a", "uri": "s3://b/a"},
            "POST /api/v1/projects": {"name": "intruder", "team": self.name},
            "PATCH /api/v1/projects/{ref}": {"description": "mine"},
            "POST /api/v1/teams": {"name": "intruders"},
            "PUT /api/v1/teams/{name}/members/{user}": {"role": "viewer"},
            "POST /api/v1/users": {"name": "intruder"},
            "PATCH /api/v1/users/{name}": {"email": "a@b.example"},
            "PUT /api/v1/users/{name}/password": {"password": "another long secret"},
            "POST /api/v1/tokens": {"name": "intruder", "project": target},
        }
        if route in bodies:
            return {"json": bodies[route]}
        return (
            {"content": b"x", "headers": {"Content-Type": "application/octet-stream"}}
            if route.startswith("PUT")
            else {}
        )


async def _state(server: Site, experiment: str, state: str) -> None:
    async with asyncio.timeout(60):
        while (await server.made("GET", f"/api/v1/experiments/{experiment}"))["state"] != state:
            await asyncio.sleep(0.02)


@dataclass
class World:
    """Two teams of which neither is to know the other."""

    server: Site
    red: Team
    blue: Team
