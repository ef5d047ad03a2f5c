"""A server to talk to; what the tests know of it is in `Server`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

import submarine
from tests.entrypoints.faulty import FaultyProxy
from tests.entrypoints.stub import StubServer


class Server(Protocol):
    """An experiment's commands run for real; a restart keeps everything."""

    token: str
    """An administrator's."""

    @property
    def url(self) -> str: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def restart(self, away: float = 0.0) -> None: ...


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubServer]:
    server = StubServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.close()


@pytest.fixture
def server(_server: StubServer) -> StubServer:
    return _server


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's own settings counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("URL", "TOKEN", "CONTEXT", "EXPERIMENT", "PROJECT", "SPOOL", "DEBUG"):
        monkeypatch.delenv(f"SUBMARINE_{name}", raising=False)


@pytest.fixture
def client(server: StubServer) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as found:
        yield found


@pytest.fixture
def proxy(server: StubServer) -> Iterator[FaultyProxy]:
    """A way to the server on which answers can be lost and connections cut."""
    found = FaultyProxy(server.port)
    found.start()
    yield found
    found.close()
