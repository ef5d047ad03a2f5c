"""What follows an experiment gives up without a traceback."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from demo.following import follow
from submarine import Client, ClientError
from submarine.entrypoints.sdk.values import Experiment
from tests.entrypoints.server import Server

CONFIG = """
[[clusters]]
name = "local"
use = "local"
"""


class Blind:
    """Kills the server once it has seen a line."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def state(self, experiment: Experiment) -> None: ...

    def curve(self, key: str, values: Sequence[float]) -> None: ...

    def refresh(self) -> None: ...

    def line(self, replica: str, text: str) -> None:
        self._server.stop(signal.SIGKILL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, CONFIG)
    server.start()
    yield server
    server.stop()


def test_a_server_that_is_gone_for_good_ends_the_logs_in_silence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    with Client(server.url, server.token, retry_for=1.0) as client:
        spec = {"command": ["sh", "-c", "echo up; sleep 2"]}
        experiment = client.experiments.submit(spec)
        with pytest.raises(ClientError):
            follow(client, experiment, 1, Blind(server))
    for thread in threading.enumerate():
        if thread.name.startswith("log-"):
            thread.join(60)
            assert not thread.is_alive()
    assert broken == []
