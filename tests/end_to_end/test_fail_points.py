"""The server dies exactly between any two writes of the engine; after its next start nothing is amiss."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import submarine
from submarine.core.failpoints import POINTS
from tests.end_to_end.conftest import LOCAL
from tests.end_to_end.dying import doomed, left_behind, like
from tests.end_to_end.patience import ended, running, until
from tests.end_to_end.supervisors import supervisors
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

PAUSE = {"manager.suspended", "manager.resumed"} | {p for p in POINTS if p.endswith(".suspended")}
VANISHED = {"reconciler.forbidding", "reconciler.forbidden"}
ORPHANED = {"orphans.noting", "orphans.noted", "orphans.removed"}
DATA = {p for p in POINTS if p.startswith(("metrics.", "spool.", "artifact.", "code."))}
"""Walked in `test_fail_points_of_data.py`."""
CANCEL = {p for p in POINTS if p.endswith((".cancelling", ".cancelled"))}
RETRY, FAIL, LOSE = ({p for p in POINTS if p.endswith(f".{s}")} for s in ("queued", "failed", "lost"))
RUN = POINTS.keys() - PAUSE - VANISHED - ORPHANED - DATA - CANCEL - RETRY - FAIL - LOSE


@pytest.fixture
def server(founded: Server, tmp_path: Path) -> Iterator[Server]:
    """A server that has been founded, and is down."""
    server = like(founded, tmp_path / "server", LOCAL + "\n[limits]\norphan_grace = 0.0\n")
    yield server
    server.stop()


def test_the_walk_leaves_no_step_of_a_job_out() -> None:
    walked = {"queued", "placing", "submitted", "running", "suspended", "succeeded", "failed", "lost"}
    for step in walked | {"cancelling", "cancelled"}:
        assert {f"journal.writing.{step}", f"journal.committed.{step}"} <= POINTS.keys()


@pytest.mark.parametrize("point", sorted(RUN))
def test_a_job_runs_once_though_the_server_dies(server: Server, witness: Witness, point: str) -> None:
    with doomed(server, point) as client:
        spec = {"name": "once", "command": witness.command("once", 0.3)}
        experiment = client.experiments.submit(spec)
        assert ended(client, experiment.id).state == "succeeded"
    with submarine.Client(server.url, server.token) as client:
        assert [e.id for e in client.experiments.list()] == [experiment.id]
        assert ended(client, experiment.id).state == "succeeded"
        log = b"".join(client.experiments.logs(experiment))
        assert log.decode() == "".join(f"once line {n}\n" for n in range(5))
        until(lambda: left_behind(server) <= ({experiment.id} if point == "collector.marked" else set()))
    assert (witness.begun(), witness.ended()) == (Counter(once=1), Counter(once=1))


@pytest.mark.parametrize("point", sorted(RETRY))
def test_the_next_attempt_comes_once_though_the_server_dies(
    server: Server, witness: Witness, point: str
) -> None:
    command = ["sh", "-c", f'echo "begin $SUBMARINE_ATTEMPT" >> {witness.path}; test $SUBMARINE_ATTEMPT = 2']
    with doomed(server, point) as client:
        spec = {"command": command, "retry": {"limit": 1, "on": ["failed"]}}
        experiment = client.experiments.submit(spec)
        done = ended(client, experiment.id)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert witness.begun() == Counter({"1": 1, "2": 1})


@pytest.mark.parametrize("point", sorted(FAIL))
def test_a_failure_is_told_though_the_server_dies(server: Server, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": ["sh", "-c", "echo last words; exit 7"]})
        done = ended(client, experiment.id)
        assert (done.state, done.exit_code) == ("failed", 7)
        assert b"".join(client.experiments.logs(experiment)) == b"last words\n"


@pytest.mark.parametrize("point", sorted(LOSE))
def test_a_loss_is_told_though_the_server_dies(server: Server, witness: Witness, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": witness.command("cut", 600, lines=6000)})
        until(lambda: running(client, experiment.id).state == "running" and witness.begun()["cut"])
        for pid in supervisors(server, experiment.id):
            os.kill(pid, signal.SIGKILL)
        done = ended(client, experiment.id)
        assert (done.state, done.reason) == ("lost", "supervisor-lost")
        assert b"".join(client.experiments.logs(experiment)).startswith(b"cut line 0\n")
    assert (witness.begun(), witness.ended()) == (Counter(cut=1), Counter())


@pytest.mark.parametrize("point", sorted(CANCEL))
def test_a_cancel_holds_though_the_server_dies(server: Server, witness: Witness, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": witness.command("cut", 600, lines=6000)})
        until(lambda: running(client, experiment.id).state == "running" and witness.begun()["cut"])
        client.experiments.cancel(experiment)
        assert ended(client, experiment.id).state == "cancelled"
    with submarine.Client(server.url, server.token) as client:
        assert ended(client, experiment.id).state == "cancelled"
        assert b"".join(client.experiments.logs(experiment)).startswith(b"cut line 0\n")
        until(lambda: not left_behind(server))
    assert (witness.begun(), witness.ended()) == (Counter(cut=1), Counter())


@pytest.mark.parametrize("point", sorted(PAUSE))
def test_a_pause_ends_when_it_is_told_to_though_the_server_dies(
    server: Server, witness: Witness, tmp_path: Path, point: str
) -> None:
    gate = tmp_path / "gate"
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": witness.command("paused", 0.2, gate=gate)})
        until(lambda: running(client, experiment.id).state == "running" and witness.begun()["paused"])
        client.experiments.suspend(experiment)
        until(lambda: client.experiments.get(experiment.id).state == "suspended")
        client.experiments.resume(experiment)
        until(lambda: client.experiments.get(experiment.id).state == "running")
        gate.touch()
        assert ended(client, experiment.id).state == "succeeded"
    assert (witness.begun(), witness.ended()) == (Counter(paused=1), Counter(paused=1))


@pytest.mark.parametrize("point", sorted(ORPHANED))
def test_an_orphan_is_swept_in_the_end_though_the_server_dies(
    server: Server, witness: Witness, point: str
) -> None:
    experiment = _orphan(server, witness)
    if point != "orphans.noting":
        server.start()
        with submarine.Client(server.url, server.token) as client:
            until(lambda: _noted(client))
        server.stop()
    server.launch({"SUBMARINE_FAIL_POINT": point})
    assert server.died() == -signal.SIGKILL
    server.start()
    with submarine.Client(server.url, server.token, retry_for=60) as client:
        until(lambda: not left_behind(server) or _noted(client))
        server.restart()  # what is noted at one start, and has no grace, is swept at the next
        until(lambda: not left_behind(server) and not _noted(client))
        log = b"".join(client.experiments.logs(experiment))
    assert log.decode() == "".join(f"once line {n}\n" for n in range(5))


def _orphan(server: Server, witness: Witness) -> submarine.Experiment:
    """Let *server* die when a job is done with and still on the cluster."""
    server.start({"SUBMARINE_FAIL_POINT": "collector.marked"})
    with submarine.Client(server.url, server.token) as client:
        experiment = client.experiments.submit({"command": witness.command("once", 0.1)})
    assert server.died() == -signal.SIGKILL
    return experiment


def _noted(client: submarine.Client) -> bool:
    return bool(list(client.clusters.orphans("local")))


@pytest.mark.chaos  # a cluster must say for a while that it has nothing, and after the death once more
@pytest.mark.parametrize("point", sorted(VANISHED))
def test_what_has_vanished_is_lost_though_the_server_dies(
    server: Server, witness: Witness, point: str
) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": witness.command("cut", 600, lines=6000)})
        until(lambda: running(client, experiment.id).state == "running" and witness.begun()["cut"])
        for pid in supervisors(server, experiment.id):
            os.kill(pid, signal.SIGSTOP)
            shutil.rmtree(server.data / "clusters" / "local" / "workloads" / f"sub-{experiment.id}-1")
            os.kill(pid, signal.SIGKILL)
        done = ended(client, experiment.id)
        assert (done.state, done.reason) == ("lost", "vanished")
    assert (witness.begun(), witness.ended()) == (Counter(cut=1), Counter())


def test_an_unknown_point_is_refused_at_the_start(server: Server) -> None:
    with pytest.raises(AssertionError, match="did not start"):
        server.start({"SUBMARINE_FAIL_POINT": "nowhere"})
    server.stop()
    assert "no point 'nowhere'" in (server.root / "log").read_text()
