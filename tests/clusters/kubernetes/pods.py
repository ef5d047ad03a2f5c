"""Pods that the policy *restricted* admits, written for tests."""

from __future__ import annotations

from typing import Any, Final

from tests.clusters.kubernetes.cluster import KubernetesCluster

POD_SECURITY: Final = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "runAsGroup": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Final = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def python(code: str, **more: Any) -> dict[str, Any]:
    """Return the spec of a pod that runs *code*; *more* goes into its container."""
    container = {
        "name": "main",
        "image": KubernetesCluster.python_image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", code],
        "securityContext": CONTAINER_SECURITY,
    }
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "securityContext": POD_SECURITY,
        "containers": [container | more],
    }


def pod(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


def job(name: str, spec: dict[str, Any], replicas: int = 1, *, suspend: bool = False) -> dict[str, Any]:
    """Return an Indexed Job whose replicas know each other by the headless Service of the same name."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "completions": replicas,
            "parallelism": replicas,
            "completionMode": "Indexed",
            "backoffLimit": 0,
            "suspend": suspend,
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"subdomain": name, **spec}},
        },
    }


def service(name: str, port: int | None = None) -> dict[str, Any]:
    """Return the Service of what is labelled ``app: name``: headless, or on port 80 before *port*."""
    spec: dict[str, Any] = {"selector": {"app": name}, "publishNotReadyAddresses": True}
    if port is None:
        spec["clusterIP"] = "None"
    else:
        spec["ports"] = [{"name": "http", "port": 80, "targetPort": port}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
