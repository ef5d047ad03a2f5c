"""What the cluster says of a job stands on the job's timeline: in its words, once, whoever died meanwhile."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.end_to_end.patience import PATIENCE, ended, until
from tests.entrypoints.server import Server

SLEEPS = ["sleep", "300"]


@pytest.fixture
def server(serve: Any, server_kubeconfig: Path, namespace: str) -> Server:
    found: Server = serve(kubernetes_table(server_kubeconfig, namespace, grows=True))
    return found


@pytest.fixture
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        yield client


def test_the_words_of_the_cluster_are_on_the_timeline_once(
    kubernetes: KubernetesCluster, server: Server, client: submarine.Client, witness: PodWitness
) -> None:
    witness.close("runs")
    runs = submit(client, "runs", witness.command("runs"), roles={"worker": {"replicas": 2}})
    unpulled = submit(client, "unpulled", SLEEPS, environment={"image": "localhost:1/no/such:1"})
    too_large = submit(client, "too-large", SLEEPS, resources="cpu=64")
    until(lambda: {"Scheduled", "Pulled"} <= _reasons(client, runs).keys())
    until(lambda: {"Scheduled", "Pulling", "Failed", "BackOff"} <= _reasons(client, unpulled).keys())
    until(lambda: "FailedScheduling" in _reasons(client, too_large))
    (word,) = (r for r in _remarks(client, too_large) if r["reason"] == "FailedScheduling")
    assert "Insufficient cpu" in word["message"]
    assert (word["warning"], word["attempt"], word["cluster"]) == (True, 1, "kube")
    assert {r["replica"] for r in _remarks(client, runs)} == {"worker-0", "worker-1"}
    assert all("no/such" in r["message"] for r in _remarks(client, unpulled) if r["reason"] == "Pulling")

    server.restart(number=signal.SIGKILL)
    kubernetes.kill("kube-apiserver")
    kubernetes.mend()
    for experiment in (unpulled, too_large):
        client.experiments.cancel(experiment.id)
    witness.open("runs")
    for experiment in (runs, unpulled, too_large):
        ended(client, experiment.id)
    for experiment in (runs, unpulled, too_large):
        found = _remarks(client, experiment)
        said = Counter((r["subject"], r["reason"], r["message"], r["count"]) for r in found)
        assert set(said.values()) == {1}
        counts: dict[tuple[str, str, str], int] = {}
        for r in found:
            key = r["subject"], r["reason"], r["message"]
            assert r["count"] >= 2 * counts.get(key, 0)  # what repeats itself is told as it doubles
            counts[key] = r["count"]
    steps = client.experiments.explain(runs)["history"]
    assert steps[-1]["state"] == "succeeded"


def _remarks(client: submarine.Client, experiment: submarine.Experiment) -> list[dict[str, Any]]:
    events = client.experiments.events(experiment)
    return [dict(event["data"]) for event in events if event["type"] == "remark"]


def _reasons(client: submarine.Client, experiment: submarine.Experiment) -> Counter[str]:
    return Counter(remark["reason"] for remark in _remarks(client, experiment))
