"""The settings of a server that stands outside the cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.clusters.kubernetes.cluster import KubernetesCluster

LOCAL: Final = """
[[clusters]]
name = "local"
use = "local"
cpu = 400
memory = "400Gi"
"""
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
    lines = [f"{key} = {_toml(value)}" for key, value in said.items()]
    return "\n".join(["[[clusters]]", *lines, ""])


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
