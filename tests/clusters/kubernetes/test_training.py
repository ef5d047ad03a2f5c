"""The demo's spec, unchanged, learns in pods of every form what it learns on one machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

import submarine
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.several import by_form
from tests.clusters.tables import LOCAL
from tests.clusters.training import PATIENCE, learned_the_same, train
from tests.entrypoints.server import Server

FORMS: Final = ("indexed-job", "job-set", "pytorch-job", "train-job")
ASKED: Final = [*FORMS[:2], *(pytest.param(form, marks=pytest.mark.chaos) for form in FORMS[2:])]
"""Each takes a minute or two: those that need an operator are left to the long runs."""


@pytest.fixture(scope="module")
def server(
    kubernetes_cluster: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server to which the node is four clusters, each of which writes workloads down in one form."""
    with by_form(kubernetes_cluster, tmp_path_factory.mktemp("training"), FORMS, LOCAL) as found:
        yield found.server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def on_one_machine(client: submarine.Client) -> submarine.Experiment:
    """The same spec on the local runtime of the same server."""
    return train(client, "local")


@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("form", ASKED)
def test_pods_learn_what_processes_learn(
    client: submarine.Client, on_one_machine: submarine.Experiment, form: str
) -> None:
    trained = train(client, form)
    learned_the_same(client, trained, on_one_machine)
