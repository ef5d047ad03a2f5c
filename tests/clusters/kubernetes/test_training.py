"""The demo's spec, unchanged, learns in pods of every form what it learns on one machine."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import numpy as np
import pytest
import yaml

import submarine
from tests.clusters.kubernetes.access import granted
from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.cluster import RESTRICTED, KubernetesCluster
from tests.clusters.kubernetes.settings import LOCAL, kubernetes_table
from tests.entrypoints.server import Server
from tests.wheels import ROOT

SPEC: Final = ROOT / "examples" / "digits" / "experiment.yaml"
FORMS: Final = ("indexed-job", "job-set", "pytorch-job", "train-job")
ASKED: Final = [*FORMS[:2], *(pytest.param(form, marks=pytest.mark.chaos) for form in FORMS[2:])]
"""Each takes a minute or two: those that need an operator are left to the long runs."""
LEARNED: Final = ("loss", "test_loss", "accuracy")
EPOCHS: Final = 80
ROUNDING: Final = 1e-6
"""What another numpy may add up in another order."""
PATIENCE: Final = 400.0


@pytest.fixture(scope="module")
def server(
    kubernetes_cluster: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server to which the node is four clusters, each of which writes workloads down in one form."""
    root = tmp_path_factory.mktemp("training")
    with ExitStack() as stack:
        tables = []
        for form in FORMS:
            # the training operator gives workers an init container that no restricted namespace takes
            labels = {} if form == "pytorch-job" else RESTRICTED
            namespace = stack.enter_context(kubernetes_cluster.namespace(labels))
            account = stack.enter_context(granted(kubernetes_cluster, namespace))
            bearer = token(kubernetes_cluster, namespace, account)
            path = kubeconfig(kubernetes_cluster, root / form, bearer, namespace)
            tables.append(kubernetes_table(path, namespace, form, forms=[form], operators=True))
        server = Server(root, "\n".join([*tables, LOCAL]), host=kubernetes_cluster.node_address)
        stack.callback(server.stop)
        server.start()
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def on_one_machine(client: submarine.Client) -> submarine.Experiment:
    """The same spec on the local runtime of the same server."""
    return _trained(client, "local")


@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("form", ASKED)
def test_pods_learn_what_processes_learn(
    client: submarine.Client, on_one_machine: submarine.Experiment, form: str
) -> None:
    trained = _trained(client, form)
    assert {(r.role, r.index, r.exit_code) for r in trained.replicas} == {("worker", 0, 0), ("worker", 1, 0)}
    assert trained.params == on_one_machine.params
    for key in LEARNED:
        (steps, values), (same_steps, same_values) = (
            _series(client, experiment, key) for experiment in (trained, on_one_machine)
        )
        assert steps == same_steps == list(range(1, EPOCHS + 1))
        assert values == pytest.approx(same_values, rel=ROUNDING)
    for index in (0, 1):
        assert _said(client, trained, index) == _said(client, on_one_machine, index)
    (artifact,) = client.experiments.artifacts.list(trained)
    with np.load(io.BytesIO(client.experiments.artifacts.read(trained, artifact.path))) as network:
        assert network["second"].shape == (1024, 10)


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
