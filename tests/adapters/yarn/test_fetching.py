"""A launcher that fetches code shows the job's token to the job's own server, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from submarine.adapters.yarn.launcher.preparation import _fetch


class Keeper:
    """A server with code, or that knows where it is; ``shown`` is what it was shown."""

    def __init__(self, elsewhere: str = "") -> None:
        self.shown: list[str | None] = []
        self._elsewhere = elsewhere

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/code", self._answer)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")

    async def _answer(self, request: web.Request) -> web.Response:
        self.shown.append(request.headers.get("Authorization"))
        if self._elsewhere:
            return web.Response(status=302, headers={"Location": self._elsewhere})
        return web.Response(body=b"code")


async def fetch(server: str, url: str, path: Path) -> None:
    job: dict[str, Any] = {"server": server, "secrets": {"SUBMARINE_TOKEN": "t"}}
    await asyncio.to_thread(_fetch, job, url, str(path))
    assert path.read_bytes() == b"code"


async def test_the_own_server_is_shown_the_token(tmp_path: Path) -> None:
    keeper = Keeper()
    async with keeper.serving() as url:
        await fetch(url, f"{url}/code", tmp_path / "code")
        await fetch(f"{url}/", f"{url}/code", tmp_path / "code")
    assert keeper.shown == ["Bearer t", "Bearer t"]


async def test_a_server_whose_address_begins_alike_is_not(tmp_path: Path) -> None:
    keeper = Keeper()
    async with keeper.serving() as url:
        await fetch(url[:-1], f"{url}/code", tmp_path / "code")
    assert keeper.shown == [None]


async def test_nor_is_one_to_which_the_own_server_redirects(tmp_path: Path) -> None:
    other = Keeper()
    async with other.serving() as there:
        keeper = Keeper(f"{there}/code")
        async with keeper.serving() as url:
            await fetch(url, f"{url}/code", tmp_path / "code")
    assert (keeper.shown, other.shown) == (["Bearer t"], [None])
