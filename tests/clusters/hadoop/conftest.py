"""Our server as a process beside the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.entrypoints.server import Server

Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server by the text of its settings; it is stopped in the end."""
    servers: list[Server] = []

    def start(config: str, variables: Mapping[str, str] | None = None) -> Server:
        root = tmp_path / f"server-{len(servers)}"
        root.mkdir()
        server = Server(root, config)
        servers.append(server)
        server.start(variables)
        return server

    yield start
    for server in servers:
        server.stop()
