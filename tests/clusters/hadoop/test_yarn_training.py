"""The demo's spec, unchanged, learns in YARN's containers what it learns on one machine, its code on HDFS."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from typing import Final

import numpy as np
import pytest
import yaml

import submarine
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import CLUSTER, LOCAL, hdfs_table, yarn_table
from tests.entrypoints.server import Server
from tests.wheels import ROOT

SPEC: Final = ROOT / "examples" / "digits" / "experiment.yaml"
LEARNED: Final = ("loss", "test_loss", "accuracy")
EPOCHS: Final = 80
ROUNDING: Final = 1e-6
PATIENCE: Final = 400.0


@pytest.fixture(scope="module")
def server(
    plain_hadoop: HadoopCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server whose cluster and whose store are Hadoop's; and where its objects are."""
    objects = f"/user/submarine/objects-{uuid.uuid4().hex[:8]}"
    config = hdfs_table(plain_hadoop, objects) + yarn_table(plain_hadoop) + LOCAL
    server = Server(tmp_path_factory.mktemp("training"), config)
    try:
        server.start()
        yield server, objects
    finally:
        server.stop()


@pytest.mark.chaos
@pytest.mark.timeout(3 * PATIENCE)
def test_containers_learn_what_processes_learn(
    plain_hadoop: HadoopCluster, server: tuple[Server, str]
) -> None:
    ours, objects = server
    with submarine.Client(ours.url, ours.token, retry_for=60) as client:
        local, trained = _trained(client, "local"), _trained(client, CLUSTER)
        assert {(r.role, r.index, r.exit_code) for r in trained.replicas} == {
            ("worker", 0, 0),
            ("worker", 1, 0),
        }
        assert trained.params == local.params
        for key in LEARNED:
            (steps, values), (same_steps, same_values) = (
                _series(client, experiment, key) for experiment in (trained, local)
            )
            assert steps == same_steps == list(range(1, EPOCHS + 1))
            assert values == pytest.approx(same_values, rel=ROUNDING)
        for index in (0, 1):
            assert _said(client, trained, index) == _said(client, local, index)
        (artifact,) = client.experiments.artifacts.list(trained)
        with np.load(io.BytesIO(client.experiments.artifacts.read(trained, artifact.path))) as network:
            assert network["second"].shape == (1024, 10)
        kept = plain_hadoop.as_root("GET", "GETCONTENTSUMMARY", objects)["ContentSummary"]
        assert kept["length"] > artifact.size


def _trained(client: submarine.Client, cluster: str) -> submarine.Experiment:
    spec = {**yaml.safe_load(SPEC.read_text()), "placement": {"cluster": cluster}}
    experiment = client.experiments.submit(spec, base=SPEC.parent, wait=True, timeout=PATIENCE)
    assert experiment.state == "succeeded", client.experiments.explain(experiment)
    return client.experiments.get(experiment.id)


def _series(
    client: submarine.Client, experiment: submarine.Experiment, key: str
) -> tuple[list[int | None], list[float]]:
    points = sorted(client.experiments.metric(experiment, key), key=lambda point: point.step or 0)
    return [point.step for point in points], [point.value for point in points]


def _said(client: submarine.Client, experiment: submarine.Experiment, index: int) -> list[str]:
    """Return what a worker printed, without how fast it was, and how slow our server at times."""
    log = b"".join(client.experiments.logs(experiment, role="worker", index=index)).decode()
    lines = [line for line in log.splitlines() if not line.startswith("submarine: the server is away")]
    return [re.sub(r"  [\d,]+/s$", "", line) for line in lines]
