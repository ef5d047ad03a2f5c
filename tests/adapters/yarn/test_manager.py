"""What YARN's services mean when they refuse; the texts are those of Hadoop 3.4.2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from submarine.adapters.hadoop.web import Web
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.core.errors import AdapterError, ConflictError, InvalidError, UnavailableError

APP = App(id="application_1_1")


@asynccontextmanager
async def manager(status: int, document: object) -> AsyncIterator[Manager]:
    """Yield one whose servers answer everything so."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(document, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        url = str(server.make_url(""))
        config = YarnConfig(resource_managers=(url,), name_nodes=(url,), timeline=url, user="alice")
        async with Web.opened(config) as opened:
            yield Manager(config, opened)


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (500, {"diagnostics": "Service name sub-x-1 is already taken."}, ConflictError),
        (400, {"diagnostics": "Invalid service name"}, InvalidError),
        (
            500,
            {"diagnostics": "Failed to submit application_1_1 to YARN : unknown queue: nowhere"},
            InvalidError,
        ),
        (500, {"diagnostics": "org.apache.hadoop.hdfs.server.namenode.SafeModeException"}, UnavailableError),
        (500, {"diagnostics": "java.net.ConnectException: Connection refused"}, UnavailableError),
        (404, {"RemoteException": {"exception": "NotFoundException", "message": "no"}}, InvalidError),
        (503, {}, UnavailableError),
    ],
)
async def test_a_refusal_of_a_service_means(
    status: int, document: Mapping[str, Any], error: type[Exception]
) -> None:
    async with manager(status, document) as found:
        with pytest.raises(error):
            await found.start_service({"name": "sub-x-1"}, "alice")


async def test_what_the_timeline_server_has_not_heard_of_has_no_containers() -> None:
    async with manager(404, {"exception": "NotFoundException", "message": "not in the store"}) as found:
        assert await found.exits(APP, "alice") == []


@pytest.mark.parametrize("document", [None, [], {}, {"apps": {"app": [{"name": "no id"}]}}])
async def test_an_answer_of_somebody_else_is_no_list_of_applications(document: object) -> None:
    async with manager(200, document) as found:
        with pytest.raises(AdapterError):
            await found.living("alice")


@pytest.mark.parametrize("document", [{"apps": None}, {"apps": {}}])
async def test_a_list_may_be_empty(document: object) -> None:
    async with manager(200, document) as found:
        assert await found.living("alice") == []


async def test_a_stranger_s_404_says_nothing_of_an_application() -> None:
    async with manager(404, "not found") as found:
        with pytest.raises(AdapterError):
            await found.kill("application_1_1", "alice")


async def test_a_container_that_has_just_ended_needs_no_signal() -> None:
    said = "Trying to signal an absent container container_1_0001_01_000002"
    async with manager(500, {"RemoteException": {"message": said}}) as found:
        await found.signal("container_1_0001_01_000002", "GRACEFUL_SHUTDOWN", "alice")
    async with manager(500, {"RemoteException": {"message": "no room for calls"}}) as found:
        with pytest.raises(UnavailableError):
            await found.signal("container_1_0001_01_000002", "GRACEFUL_SHUTDOWN", "alice")
