"""A server to talk to, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import submarine
from tests.entrypoints.faulty import FaultyProxy
from tests.entrypoints.server import Server


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    with submarine.Client(server.url, server.token) as client:
        for experiment in client.experiments.list():
            with suppress(submarine.ClientError):
                if not experiment.ended:
                    client.experiments.cancel(experiment)
        for experiment in client.experiments.list():
            client.experiments.wait(experiment, timeout=30)
    server.stop()


@pytest.fixture
def server(_server: Server) -> Server:
    """One server for all tests, with what they left there."""
    return _server


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's own settings counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("URL", "TOKEN", "CONTEXT", "EXPERIMENT", "PROJECT", "SPOOL", "DEBUG"):
        monkeypatch.delenv(f"SUBMARINE_{name}", raising=False)


@pytest.fixture
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as found:
        yield found


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultyProxy]:
    """A way to the server on which answers can be lost and connections cut."""
    found = FaultyProxy(server.port)
    found.start()
    yield found
    found.close()
