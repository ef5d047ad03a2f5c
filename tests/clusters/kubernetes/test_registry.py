"""A pull needs the right password, and brings the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pods import pod, python
from tests.clusters.scripts import wait_until

REASONS = {"ErrImagePull", "ImagePullBackOff"}


@pytest.mark.parametrize(("password", "pulled"), [("wrong", False), ("right", True)])
def test_a_pull_needs_the_right_password(
    kubernetes: KubernetesCluster, namespace: str, password: str, pulled: bool
) -> None:
    registry = kubernetes.registry
    said = registry.password if pulled else password
    kubernetes.kubectl(
        *("create", "secret", "docker-registry", "login", f"--docker-server={registry.address}"),
        *(f"--docker-username={registry.user}", f"--docker-password={said}"),
        namespace=namespace,
    )
    spec = python("print('pulled')", image=registry.image, imagePullPolicy="Always")
    kubernetes.apply(pod("pull", {**spec, "imagePullSecrets": [{"name": "login"}]}), namespace=namespace)
    if pulled:
        kubernetes.wait_for("pod/pull", "jsonpath={.status.phase}=Succeeded", namespace)
        assert any("Successfully pulled" in message for message in _events(kubernetes, namespace))
    else:
        wait_until(lambda: _waits(kubernetes, namespace) in REASONS, 60, "the refusal")
        wait_until(lambda: any("401" in said for said in _events(kubernetes, namespace)), 60, "401")


def _waits(kubernetes: KubernetesCluster, namespace: str) -> str:
    (status,) = kubernetes.get("pod/pull", namespace)["status"].get("containerStatuses") or [{}]
    reason: str = status.get("state", {}).get("waiting", {}).get("reason", "")
    return reason


def _events(kubernetes: KubernetesCluster, namespace: str) -> list[str]:
    found: dict[str, Any] = json.loads(kubernetes.kubectl("get", "events", "-o", "json", namespace=namespace))
    return [each["message"] for each in found["items"]]
