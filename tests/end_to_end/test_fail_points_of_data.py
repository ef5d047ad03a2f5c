"""The server dies between any two writes of metrics, spools, artifacts and code; all arrives once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import submarine
from tests.end_to_end.conftest import LOCAL
from tests.end_to_end.dying import doomed, like
from tests.end_to_end.patience import ended, until
from tests.end_to_end.test_fail_points import DATA
from tests.entrypoints.server import Server

LIVE = {p for p in DATA if p.startswith("metrics.")}
SPOOLED = LIVE | {"spool.annotated", "collector.logged", "collector.copied"}
ARTIFACT = {p for p in DATA if p.startswith("artifact.")}
CODE = {p for p in DATA if p.startswith("code.")}

LOGS = (
    "import submarine, time\n"
    "for step in range(30):\n"
    "    submarine.log_metric('loss', 1.0 / (step + 1), step=step)\n"
    "    time.sleep(0.03)\n"
    "submarine.flush(60)\n"
)
LEAVES = """
import json, os
with open(os.environ["SUBMARINE_SPOOL"] + "/left.jsonl", "w") as spool:
    for step in range(30):
        if step == 7:
            print(json.dumps({"kind": "params", "params": {"lr": 0.5}}), file=spool)
        points = [{"key": "loss", "value": 1.0 / (step + 1), "step": step, "at": 1_700_000_000_000 + step}]
        line = {"kind": "metrics", "writer": "left", "sequence": step + 1, "points": points}
        print(json.dumps(line), file=spool)
"""


@pytest.fixture
def server(founded: Server, tmp_path: Path) -> Iterator[Server]:
    """A server that has been founded, and is down."""
    server = like(founded, tmp_path / "server", LOCAL)
    yield server
    server.stop()


def test_every_point_of_data_is_walked() -> None:
    assert LIVE | SPOOLED | ARTIFACT | CODE >= DATA


@pytest.mark.parametrize("point", sorted(LIVE))
def test_metrics_arrive_once_though_the_server_dies(server: Server, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": ["python", "-c", LOGS]})
        assert ended(client, experiment.id).state == "succeeded"
        until(lambda: _steps(client, experiment) == list(range(30)))


@pytest.mark.parametrize("point", sorted(SPOOLED))
def test_a_spool_arrives_once_though_the_server_dies(server: Server, point: str) -> None:
    with doomed(server, point) as client:
        experiment = client.experiments.submit({"command": ["python", "-I", "-S", "-c", LEAVES]})
        assert ended(client, experiment.id).state == "succeeded"
        until(lambda: _steps(client, experiment) == list(range(30)))
        assert client.experiments.get(experiment.id).params == {"lr": 0.5}


@pytest.mark.parametrize("point", sorted(ARTIFACT))
def test_an_artifact_is_the_old_or_the_new_though_the_server_dies(
    server: Server, tmp_path: Path, point: str
) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"old" * 1000)
    server.start()
    with submarine.Client(server.url, server.token) as client:
        experiment = client.experiments.submit({"command": ["true"]})
        ended(client, experiment.id)
        client.experiments.artifacts.upload(experiment, file)
    server.stop()
    file.write_bytes(b"new" * 1000)
    server.start({"SUBMARINE_FAIL_POINT": point})
    with pytest.raises(submarine.errors.ClientError), submarine.Client(server.url, server.token) as client:
        client.experiments.artifacts.upload(experiment, file)
    assert server.died() == -signal.SIGKILL
    server.start()
    with submarine.Client(server.url, server.token) as client:
        kept = b"old" if point == "artifact.stored" else b"new"
        assert client.experiments.artifacts.read(experiment, "model.bin") == kept * 1000
        client.experiments.artifacts.upload(experiment, file)
        assert client.experiments.artifacts.read(experiment, "model.bin") == b"new" * 1000
        assert [a.path for a in client.experiments.artifacts.list(experiment)] == ["model.bin"]


@pytest.mark.parametrize("point", sorted(CODE))
def test_code_is_sent_once_and_run_though_the_server_dies(server: Server, tmp_path: Path, point: str) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "words").write_text("as they were sent\n")
    with doomed(server, point) as client:
        experiment = client.experiments.submit(
            {"command": ["cat", "words"], "code": {"dir": "."}}, base=folder
        )
        assert ended(client, experiment.id).state == "succeeded"
        assert b"".join(client.experiments.logs(experiment)) == b"as they were sent\n"


def _steps(client: submarine.Client, experiment: submarine.Experiment) -> list[int]:
    try:
        return sorted(point.step or 0 for point in client.experiments.metric(experiment, "loss"))
    except submarine.errors.NotFound:
        return []
