"""We go where YARN has its nodes, and nowhere else, whatever containers and redirections say."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.logs import Output
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.records import Run
from submarine.core.errors import UnavailableError
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory
from tests.certificates import certificate

CONTAINER: Final = "container_1_0007_01_000002"
WORDS: Final = b"what it wrote"
FRAMED: Final = (
    b"Container: container_1_0007_01_000002 on n1\r\nLogAggregationType: LOCAL\r\n=====\r\n"
    b"LogType:stdout.txt\r\nLogLastModifiedTime:now\r\nLogLength:13\r\nLogContents:\r\n" + WORDS
)


class Node:
    """The web server of a NodeManager, or of somebody who says that it is one."""

    def __init__(self, elsewhere: str = "") -> None:
        self.elsewhere = elsewhere
        self.asked: list[str] = []

    @asynccontextmanager
    async def serving(self, trust: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Yield where it listens, as ``host:port``."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        server = TestServer(app, scheme="https" if trust else "http")
        await server.start_server(ssl=trust)
        try:
            yield f"{server.host}:{server.port}"
        finally:
            await server.close()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(str(request.rel_url))
        if self.elsewhere:
            return web.Response(status=307, headers={"Location": self.elsewhere})
        return web.Response(body=FRAMED)


class Reader(NamedTuple):
    output: Output
    nodes: Nodes

    async def read(self, node: str) -> bytes:
        """Return what the container wrote that says that it runs on *node*."""
        run = Run(CONTAINER, "n1", 1, node)
        return b"".join([piece async for piece in self.output._once(run, 0)])


@asynccontextmanager
async def reader(hadoop: HadoopInMemory, **more: Any) -> AsyncIterator[Reader]:
    async with hadoop.serving():
        config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice", **more)
        async with Web.opened(config) as opened:
            files, manager = Files(config, WebHdfs(opened, (hadoop.url,))), Manager(config, opened)
            nodes = Nodes(config, manager)
            yield Reader(Output(config, opened, manager, files, nodes), nodes)


async def test_output_is_read_on_a_node_that_yarn_tells_of() -> None:
    hadoop, node = HadoopInMemory(), Node()
    async with node.serving() as place, reader(hadoop) as here:
        hadoop.nodes = [place]
        assert await here.read(place) == WORDS


async def test_a_job_that_lies_about_its_node_is_not_gone_to() -> None:
    """Else it would get our ticket, and have us ask whomever it likes."""
    hadoop, node, liar = HadoopInMemory(), Node(), Node()
    async with node.serving() as place, liar.serving() as lie, reader(hadoop) as here:
        hadoop.nodes = [place]
        with pytest.raises(UnavailableError, match="no node of this cluster"):
            await here.read(lie)
        with pytest.raises(UnavailableError, match="no node of this cluster"):
            await here.output.runs(Run(CONTAINER, "n1", 1, lie))
    assert liar.asked == []


@pytest.mark.parametrize("lie", ["127.0.0.1", "127.0.0.1:1", ""])
async def test_only_the_port_of_the_nodemanager_is_believed(lie: str) -> None:
    hadoop, node = HadoopInMemory(), Node()
    async with node.serving() as place, reader(hadoop) as here:
        hadoop.nodes = [place]
        with pytest.raises(UnavailableError):
            await here.nodes.web(lie)


async def test_a_redirection_to_a_stranger_is_not_followed() -> None:
    hadoop, liar = HadoopInMemory(), Node()
    async with (
        liar.serving() as lie,
        Node(f"http://{lie}/secret").serving() as place,
        reader(hadoop) as here,
    ):
        hadoop.nodes = [place]
        with pytest.raises(UnavailableError, match="no server of this cluster"):
            await here.read(place)
    assert liar.asked == []


async def test_a_redirection_to_the_log_server_of_the_cluster_is_followed() -> None:
    hadoop, archive = HadoopInMemory(), Node()
    async with (
        archive.serving() as server,
        Node(f"http://{server}/old").serving() as place,
        reader(hadoop) as here,
    ):
        hadoop.nodes = [place]
        hadoop.settings["yarn.log.server.web-service.url"] = f"http://{server}/ws/v1/applicationhistory"
        assert await here.read(place) == WORDS


async def test_a_port_is_reached_on_hosts_of_the_cluster_only() -> None:
    hadoop = HadoopInMemory()
    async with reader(hadoop) as here:
        hadoop.nodes = ["n1.example.org:8042"]
        assert await here.nodes.host("n1.example.org") == "n1.example.org"
        for lie in ("169.254.169.254", "localhost", "n1", ""):
            with pytest.raises(UnavailableError, match="no node of this cluster"):
                await here.nodes.host(lie)


async def test_a_node_that_is_gone_from_the_list_is_known_for_a_while() -> None:
    """A ResourceManager that has just started knows of none, and a lost one has output to read."""
    hadoop = HadoopInMemory()
    async with reader(hadoop) as here:
        hadoop.nodes = ["n1:8042"]
        await here.nodes.told()
        hadoop.nodes = []
        await here.nodes.told()
        assert await here.nodes.web("n1:8042") == "http://n1:8042"


async def test_strangers_make_us_ask_no_more_often_than_now_and_then() -> None:
    hadoop = HadoopInMemory()
    async with reader(hadoop) as here:
        for _ in range(20):
            with pytest.raises(UnavailableError):
                await here.nodes.host("nobody")
    assert hadoop.listed <= 3


async def test_nodes_are_asked_by_https_where_yarn_says_so(tmp_path: Path) -> None:
    hadoop, node = HadoopInMemory(), Node()
    localhost = certificate(tmp_path)
    async with node.serving(localhost.shown()) as place, reader(hadoop, authority=localhost.file) as here:
        hadoop.nodes = [place]
        hadoop.settings["yarn.http.policy"] = "HTTPS_ONLY"
        assert await here.read(place) == WORDS


async def test_where_yarn_says_nothing_the_resource_manager_is_the_example() -> None:
    hadoop = HadoopInMemory()
    async with reader(hadoop) as here:
        hadoop.nodes = ["n1:8044"]
        assert await here.nodes.web("n1:8044") == "http://n1:8044"


async def test_what_knox_makes_of_a_nodes_address_is_understood() -> None:
    hadoop = HadoopInMemory()
    async with reader(hadoop) as here:
        hadoop.nodes = ["https://knox:8443/gateway/default/yarnuiv2/node?host=n1&port=8042"]
        assert await here.nodes.web("n1:8042") == "http://n1:8042"
