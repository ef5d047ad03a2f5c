"""A service account may do what a role says, for as long as its token lives."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.cluster import KubernetesCluster, kubectl_program
from tests.clusters.scripts import wait_until


def test_an_account_may_do_what_its_role_says(
    kubernetes: KubernetesCluster, namespace: str, tmp_path: Path
) -> None:
    kubernetes.kubectl("create", "serviceaccount", "reader", namespace=namespace)
    config = kubeconfig(kubernetes, tmp_path / "config", token(kubernetes, namespace, "reader"), namespace)
    assert "is forbidden" in _ask(config, "get", "pods")
    kubernetes.kubectl("create", "role", "reads", "--verb=list", "--resource=pods", namespace=namespace)
    account = f"--serviceaccount={namespace}:reader"
    kubernetes.kubectl("create", "rolebinding", "reads", "--role=reads", account, namespace=namespace)
    wait_until(lambda: "No resources found" in _ask(config, "get", "pods"), 30, "the role to hold")
    assert "is forbidden" in _ask(config, "get", "secrets")


def test_a_token_expires(kubernetes: KubernetesCluster, namespace: str, tmp_path: Path) -> None:
    short = token(kubernetes, namespace, "default", seconds=8)
    config = kubeconfig(kubernetes, tmp_path / "config", short, namespace)
    assert "is forbidden" in _ask(config, "get", "pods")
    wait_until(lambda: "Unauthorized" in _ask(config, "get", "pods"), 60, "the token to expire")


def _ask(config: Path, *words: str) -> str:
    command = [str(kubectl_program()), "--kubeconfig", str(config), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def test_a_server_may_do_what_we_ship_and_no_more(
    kubernetes: KubernetesCluster, namespace: str, server_kubeconfig: Path
) -> None:
    def may(verb: str, what: str, of: str = namespace) -> bool:
        resource, _, part = what.partition("/")  # kubectl would take the rest for a name
        words = ("auth", "can-i", verb, resource, f"--subresource={part}", "--namespace", of)
        return "yes" in _ask(server_kubeconfig, *words).splitlines()

    allowed = {"create": "jobs", "delete": "services", "watch": "pods", "get": "pods/log", "list": "nodes"}
    assert [verb for verb, what in allowed.items() if not may(verb, what)] == []
    refused = {"create": "pods", "get": "pods/exec", "update": "nodes", "list": "roles", "delete": "nodes"}
    assert [verb for verb, what in refused.items() if may(verb, what)] == []
    assert [verb for verb in ("list", "get", "create") if may(verb, "secrets", "kube-system")] == []
