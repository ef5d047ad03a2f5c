"""The settings of a server that stands outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.tables import table

ANSWER_SECONDS: Final = 3.0


def kubernetes_table(kubeconfig: Path, namespace: str, name: str = "kube", **options: Any) -> str:
    """Return the table of a cluster called *name*; *options* are those of its adapter."""
    said: Mapping[str, Any] = {
        "name": name,
        "use": "kubernetes",
        "kubeconfig": str(kubeconfig),
        "namespace": namespace,
        "image": KubernetesCluster.python_image,
        "timeout": ANSWER_SECONDS,
        "spool": True,
        **options,
    }
    return table("[[clusters]]", said)
