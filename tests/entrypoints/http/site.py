"""The whole server in this process, its routes, and whoever may call it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from submarine.entrypoints.composition import Application, compose, working
from submarine.entrypoints.controllers import controllers
from submarine.entrypoints.http.app import rest
from submarine.entrypoints.http.endpoint import Endpoint, endpoints
from submarine.entrypoints.http.kept_answers import KeptAnswers
from submarine.entrypoints.http.server import Listen, serving
from submarine.entrypoints.settings import load

OPEN: Final = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /api/v1/docs",
    "GET /api/v1/docs/{name}",
    "GET /api/v1/server/info",
    "POST /api/v1/login",
}
"""All that answers strangers. Whoever adds to it has thought twice."""

_VARIABLE: Final = re.compile(r"\{([a-z_]+)(?::[^{}]+)?\}")


class Site:
    """The server, and calls to it in anybody's name."""

    def __init__(
        self,
        app: Application,
        client: httpx.AsyncClient,
        table: Sequence[Endpoint],
        routes: Sequence[str],
        admin: str,
    ) -> None:
        self.app = app
        self.client = client
        self.table = table
        self.routes = routes
        self.admin = admin

    async def call(self, method: str, path: str, token: str | None = None, **request: Any) -> httpx.Response:
        """Call in the name of *token*: the admin's, or nobody's if it is empty."""
        token = self.admin if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(
            method, path, headers={**headers, **request.pop("headers", {})}, **request
        )

    async def made(self, method: str, path: str, token: str | None = None, **request: Any) -> dict[str, Any]:
        """Call what has to succeed, and return the answer."""
        answer = await self.call(method, path, token, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Compose and serve everything as ``server start`` does, on records in a file and a simulated cluster."""
    overrides = {
        "server.data": folder,
        "records.use": "memory",
        "store.use": "memory",
        "identity.use": "memory",
        "clusters": [{"name": "sim", "use": "memory"}],
    }
    settings = load(None, {}, overrides)
    async with compose(settings, secret=b"s" * 32, owner="tests", url=lambda: "http://127.0.0.1") as app:
        admin = await app.access().founding.bootstrap()
        assert admin is not None
        made = controllers(app, settings)
        web = rest(
            made,
            authenticate=app.access().authenticator.authenticate,
            idempotency=KeptAnswers(app.records()),
            checks={"records": app.records().ping},
            limits=settings.limits,
            allowed_hosts=("127.0.0.1",),
        )
        async with (
            httpx.AsyncClient(timeout=60, verify=False, limits=httpx.Limits(max_connections=8)) as client,
            serving(web, Listen(port=0, grace=1.0)) as url,
            working(app),
        ):
            client.base_url = httpx.URL(url)
            routes = [
                f"{route.method} {route.resource.canonical}"
                for route in web.router.routes()
                if route.resource is not None and route.method != "HEAD"
            ]
            yield Site(app, client, list(endpoints(*made)), routes, admin)


def filled(path: str, values: dict[str, str], otherwise: str = "x") -> str:
    """Return *path* with its variables replaced by *values*."""
    return _VARIABLE.sub(lambda m: values.get(m[1], otherwise), path)
