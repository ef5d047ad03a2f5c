"""Nodes that KWOK plays: each has 64 cores, 256 GiB, 250 pods and 8 GPUs."""

from __future__ import annotations

import json

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.scripts import wait_until

ROOM = {"cpu": "64", "memory": "256Gi", "pods": "250", "nvidia.com/gpu": "8"}


def play(cluster: KubernetesCluster, count: int) -> None:
    """Add nodes until there are *count*, and wait until all are ready."""
    names = [f"played-{index:05d}" for index in range(count)]
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "status": {"capacity": ROOM, "allocatable": ROOM},
        }
        for name in names
    ]
    document = {"apiVersion": "v1", "kind": "List", "items": nodes}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(document), seconds=300)
    wait_until(lambda: _ready(cluster) >= count, 120 + count / 10, f"{count} ready nodes")


def _ready(cluster: KubernetesCluster) -> int:
    of_ready = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
    return cluster.kubectl("get", "nodes", "-o", of_ready).split().count("True")
