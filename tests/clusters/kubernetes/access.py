"""The access that ``deploy/kubernetes/access`` gives a server, granted for the namespace of one test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.clusters.kubernetes.cluster import KubernetesCluster

SHIPPED: Final = Path(__file__).parents[3] / "deploy" / "kubernetes" / "access"
ACCOUNT: Final = "submarine-server"
CLUSTER_WIDE: Final = ("ClusterRoleBinding", "ClusterRole")


@contextlib.contextmanager
def granted(cluster: KubernetesCluster, namespace: str) -> Iterator[str]:
    """Yield the name of an account in *namespace* that has our roles there, and no others."""
    documents = list(yaml.safe_load_all(cluster.kubectl("kustomize", str(SHIPPED))))
    moved = [_moved(each, namespace) for each in documents if each["kind"] != "Namespace"]
    cluster.apply(*moved, namespace=namespace)
    try:
        yield ACCOUNT
    finally:
        for kind in CLUSTER_WIDE:
            name = _own("submarine-capacity", namespace)
            cluster.kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")


def _moved(document: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return *document* for *namespace*; what belongs to none gets a name of its own."""
    metadata = {key: value for key, value in document["metadata"].items() if key != "namespace"}
    moved = document | {"metadata": metadata}
    if document["kind"] in CLUSTER_WIDE:
        metadata["name"] = _own(metadata["name"], namespace)
    if (role := document.get("roleRef")) and role["kind"] in CLUSTER_WIDE:
        moved["roleRef"] = {**role, "name": _own(role["name"], namespace)}
    if "subjects" in document:
        moved["subjects"] = [{**each, "namespace": namespace} for each in document["subjects"]]
    return moved


def _own(name: str, namespace: str) -> str:
    return f"{name}-{namespace}"
