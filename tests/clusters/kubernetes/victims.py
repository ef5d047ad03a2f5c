"""The processes on this machine that a workload's pods consist of; the kubelet runs here."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from tests.clusters.kubernetes.cluster import KubernetesCluster


def processes(cluster: KubernetesCluster, namespace: str, handle: str) -> Collection[int]:
    """Return the processes of the commands of *handle*, the first of each container first."""
    selector = f"--selector=submarine/handle={handle}"
    pods = json.loads(cluster.kubectl("get", "pods", selector, "-o", "json", namespace=namespace))["items"]
    containers = [
        status["containerID"].rpartition("/")[2]
        for pod in pods
        for status in pod["status"].get("containerStatuses", ())
        if status.get("containerID")
    ]
    return sorted(
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cgroup")
        if any(container in _text(path) for container in containers)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
