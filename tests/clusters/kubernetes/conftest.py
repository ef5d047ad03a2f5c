"""Our server as a process beside the cluster, and a witness that pods reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pod_witness import PodWitness, pod_witness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.clusters.tables import LOCAL
from tests.entrypoints.server import Server

Serve = Callable[[str], Server]


@pytest.fixture
def witness(kubernetes: KubernetesCluster) -> Iterator[PodWitness]:
    with pod_witness() as witness:
        yield witness


@pytest.fixture
def serve(kubernetes: KubernetesCluster, tmp_path: Path) -> Iterator[Serve]:
    """Start a server that pods reach, by the text of its settings; it is stopped in the end."""
    servers: list[Server] = []

    def start(config: str) -> Server:
        root = tmp_path / f"server-{len(servers)}"
        root.mkdir()
        server = Server(root, config, host=kubernetes.node_address)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve: Serve, server_kubeconfig: Path, namespace: str) -> Server:
    """A server with the cluster ``kube`` and, beside it, ``local``."""
    return serve(kubernetes_table(server_kubeconfig, namespace) + LOCAL)
