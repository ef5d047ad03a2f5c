"""Of several servers the active one is asked; whoever stands by or is away is passed over."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from submarine.adapters.hadoop.access import HadoopAccess
from submarine.adapters.hadoop.pair import Pair
from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.hadoop.servers import FIRST_PAUSE, Servers
from submarine.adapters.hadoop.web import UnreachableError, Web
from submarine.core.errors import UnavailableError

Handler = Callable[[web.Request], Awaitable[web.Response]]


def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def active(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path, "query": dict(request.query)})


async def standby_namenode(_: web.Request) -> web.Response:
    told = {"exception": "StandbyException", "message": "Operation category READ is not supported"}
    return web.json_response({"RemoteException": told}, status=403)


async def standby_master(_: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "http://elsewhere.test:8088/x"})


async def electing_master(_: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Refresh": "3;url=/x"}, text="Can not find any active RM")


@asynccontextmanager
async def asking(*urls: str) -> AsyncIterator[Pair]:
    async with Web.opened(HadoopAccess(user="ada", timeout=5)) as asked:
        yield Pair(asked, urls, "the server")


@pytest.mark.parametrize("other", [standby_namenode, standby_master, electing_master])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_stands_by_is_passed_over(other: Handler, method: str) -> None:
    async with serving(other) as first, serving(active) as second, asking(first, second) as pair:
        assert (await pair.ask(method, "/x", {"a": "1"}))["query"] == {"a": "1", "user.name": "ada"}


async def test_who_is_away_is_passed_over() -> None:
    async with serving(active) as second, asking(nobody(), second) as pair:
        assert (await pair.ask("POST", "/x"))["path"] == "/x"


@pytest.mark.parametrize("other", [standby_namenode, standby_master, electing_master])
async def test_where_none_is_active_all_is_unavailable(other: Handler) -> None:
    async with serving(other) as first, asking(first, nobody()) as pair:
        with pytest.raises(UnavailableError, match="stands by"):
            await pair.ask("GET", "/x")


async def test_a_refusal_is_not_asked_for_elsewhere() -> None:
    async def refusing(_: web.Request) -> web.Response:
        told = {"exception": "AccessControlException", "message": "Permission denied"}
        return web.json_response({"RemoteException": told}, status=403)

    async with serving(refusing) as first, serving(active) as second, asking(first, second) as pair:
        with pytest.raises(RefusedError, match="Permission denied") as caught:
            await pair.ask("GET", "/x")
        assert caught.value.kind == "AccessControlException"


async def test_for_whom_we_act_is_said() -> None:
    async with serving(active) as url, asking(url) as pair:
        assert (await pair.ask("GET", "/x", user="bob"))["query"] == {"user.name": "ada", "doas": "bob"}


def test_a_dead_server_is_left_alone_for_longer_each_time() -> None:
    clock = [0.0]
    servers = Servers(["one", "two"], lambda: clock[0])
    servers.is_away("one")
    assert servers.in_turn() == ["two", "one"]
    clock[0] += FIRST_PAUSE
    assert servers.in_turn()[0] == "one"
    servers.is_away("one")
    clock[0] += FIRST_PAUSE
    assert servers.in_turn()[0] == "two"
    clock[0] += FIRST_PAUSE
    servers.works("one")
    assert servers.in_turn() == ["one", "two"]


async def test_a_server_that_was_switched_off_has_heard_nothing() -> None:
    """So its bytes may be asked of another: until HDFS misses a DataNode it recommends it for ten minutes."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # from now on the kernel drops what arrives
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        async with Web.opened(HadoopAccess(timeout=0.2)) as asked:
            with pytest.raises(UnreachableError):
                await asked.ask("GET", url, bounded=False)
