from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

LOCAL = """
[[clusters]]
name = "local"
use = "local"
cpu = 400
memory = "400Gi"
"""


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that was started once, and is down: where many tests begin, in a copy each."""
    server = Server(tmp_path_factory.mktemp("founded"), LOCAL)
    try:
        server.start()
    finally:
        server.stop()
    return server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers that are stopped in the end, whatever happens."""
    servers: list[Server] = []

    def start(config: str = LOCAL, name: str = "server") -> Server:
        root = tmp_path / name
        root.mkdir()
        server = Server(root, config)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()
