"""The server dies exactly between any two writes of the engine; after its next start nothing is amiss."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import submarine
from submarine.core.failpoints import POINTS
from tests.end_to_end.conftest import LOCAL
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

PATIENCE = 120.0
ON_CANCEL = {point for point in POINTS if "cancel" in point}
ON_RUN = POINTS.keys() - ON_CANCEL


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that has been founded, and is down."""
    root = tmp_path / "server"
    root.mkdir()
    server = Server(root, LOCAL)
    server.start()
    server.stop()
    yield server
    server.stop()


@contextmanager
def doomed(server: Server, point: str) -> Iterator[submarine.Client]:
    """Run *server* until it dies at *point*, start it again; the client waits and repeats meanwhile."""
    server.start({"SUBMARINE_FAIL_POINT": point})

    def back() -> int:
        code = server.died(PATIENCE)
        server.start()
        return code

    with (
        ThreadPoolExecutor(1) as pool,
        submarine.Client(server.url, server.token, retry_for=PATIENCE) as client,
    ):
        dying = pool.submit(back)
        yield client
        assert dying.result(PATIENCE) == -signal.SIGKILL


@pytest.mark.parametrize("point", sorted(ON_RUN))
def test_a_job_runs_once_though_the_server_dies(server: Server, witness: Witness, point: str) -> None:
    with doomed(server, point) as client:
        spec = {"name": "once", "command": witness.command("once", 0.3)}
        experiment = client.experiments.submit(spec)
        assert _ended(client, experiment.id).state == "succeeded"
    with submarine.Client(server.url, server.token) as client:
        assert [e.id for e in client.experiments.list()] == [experiment.id]
        assert _ended(client, experiment.id).state == "succeeded"
        log = b"".join(client.experiments.logs(experiment))
        assert log.decode() == "".join(f"once line {n}\n" for n in range(5))
        _until(lambda: _left_behind(server) <= ({experiment.id} if point == "collector.marked" else set()))
    assert (witness.begun(), witness.ended()) == (Counter(once=1), Counter(once=1))


@pytest.mark.parametrize("point", sorted(ON_CANCEL))
def test_a_cancel_holds_though_the_server_dies(server: Server, witness: Witness, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": witness.command("cut", 600, lines=6000)})
        _until(lambda: client.experiments.get(experiment.id).state == "running" and witness.begun()["cut"])
        client.experiments.cancel(experiment)
        assert _ended(client, experiment.id).state == "cancelled"
    with submarine.Client(server.url, server.token) as client:
        assert _ended(client, experiment.id).state == "cancelled"
        assert b"".join(client.experiments.logs(experiment)).startswith(b"cut line 0\n")
        _until(lambda: not _left_behind(server))
    assert (witness.begun(), witness.ended()) == (Counter(cut=1), Counter())


def test_an_unknown_point_is_refused_at_the_start(server: Server) -> None:
    with pytest.raises(AssertionError, match="did not start"):
        server.start({"SUBMARINE_FAIL_POINT": "nowhere"})
    server.stop()
    assert "no point 'nowhere'" in (server.root / "log").read_text()


def _ended(client: submarine.Client, id_: str) -> submarine.Experiment:
    _until(lambda: client.experiments.get(id_).ended)
    return client.experiments.get(id_)


def _left_behind(server: Server) -> set[str]:
    """Return the jobs of which the machine still has anything."""
    folder = server.data / "clusters" / "local" / "workloads"
    return {path.name.split("-")[1] for path in folder.glob("sub-*")}


def _orphans(client: submarine.Client) -> set[str]:
    return {orphan["handle"].split("-")[1] for orphan in client.clusters.orphans("local")}


def _until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)
