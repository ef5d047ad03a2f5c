"""Two servers on one PostgreSQL and one Kubernetes cluster: either may die, and either tells all."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.clusters.output import text
from tests.end_to_end.patience import PATIENCE, all_ended
from tests.entrypoints.server import Server

CONFIG = """
[records]
use = "postgres"
url = "{url}"

[store]
use = "file"
root = "{objects}"

"""
NAMES = [f"job-{n}" for n in range(10)]
KILLS = 4
LONG = 2 * PATIENCE


@pytest.fixture
def servers(
    postgres_url: str, server_kubeconfig: Path, namespace: str, tmp_path: Path
) -> Iterator[Sequence[Server]]:
    """Both call the cluster by one name, as they reach the same."""
    config = CONFIG.format(url=postgres_url, objects=tmp_path / "objects")
    found: list[Server] = []
    try:
        for name in ("alpha", "beta"):
            root = tmp_path / name
            (root / "data").mkdir(parents=True, mode=0o700)
            if found:
                shutil.copy(found[0].data / "server.key", root / "data")
            table = kubernetes_table(server_kubeconfig, namespace)
            found.append(Server(root, config + table, host=KubernetesCluster.node_address))
            found[-1].start()
        yield found
    finally:
        for server in found:
            server.stop()


@pytest.mark.timeout(400)
def test_of_two_servers_either_may_die_and_either_tells_all(
    servers: Sequence[Server], witness: PodWitness
) -> None:
    token = servers[0].token
    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(_submit_in_turn, servers, token, witness)
        for turn in range(KILLS):
            time.sleep(1.0)
            servers[turn % 2].restart(away=0.5, number=signal.SIGKILL)
        submitting.result(PATIENCE)
    for server in servers:
        with submarine.Client(server.url, token, retry_for=PATIENCE) as client:
            found = all_ended(client, set(NAMES), LONG)
            assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
            for name, experiment in found.items():
                assert text(client, experiment) == witness.log(name)
    assert witness.begun() == witness.ended() == Counter(NAMES)


def _submit_in_turn(servers: Sequence[Server], token: str, witness: PodWitness) -> None:
    """Submit through each server in turn; what is not answered is repeated under its Idempotency-Key."""
    for number, name in enumerate(NAMES):
        url = servers[number % len(servers)].url
        with submarine.Client(url, token, retry_for=PATIENCE) as client:
            submit(client, name, witness.command(name, 1.0))
