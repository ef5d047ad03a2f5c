"""Service accounts from outside: tokens, also ones that expire in seconds, and kubeconfigs for them."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import yaml

from tests.clusters.kubernetes.cluster import KubernetesCluster

SHORTEST: Final = 600
"""An API server gives no token for less, in seconds."""
LEEWAY: Final = 60
"""By how much it forgives a clock."""


def token(cluster: KubernetesCluster, namespace: str, account: str, seconds: float = 3600) -> str:
    """Return a token of *account* that is refused after *seconds*, or some ten later.

    One of less than ten minutes is signed here, with the cluster's own key.
    """
    duration = f"--duration={max(int(seconds), SHORTEST)}s"
    given = cluster.kubectl("create", "token", account, duration, namespace=namespace).strip()
    if seconds >= SHORTEST:
        return given
    head, claims, _ = given.split(".")
    hurried = _decode(claims) | {"exp": int(time.time() + seconds) - LEEWAY}
    signed = f"{head}.{_encode(json.dumps(hurried).encode())}"
    key = cluster.run_dir / "pki" / "service-accounts.key"
    return f"{signed}.{_encode(_signature(signed.encode(), key))}"


def kubeconfig(cluster: KubernetesCluster, path: Path, bearer: str, namespace: str = "default") -> Path:
    """Write a kubeconfig to *path* that speaks for *bearer*, and nothing else."""
    authority = base64.b64encode(cluster.authority.read_bytes()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "submarine",
        "contexts": [
            {
                "name": "submarine",
                "context": {"cluster": "submarine", "user": "submarine", "namespace": namespace},
            }
        ],
        "clusters": [
            {
                "name": "submarine",
                "cluster": {"server": cluster.url, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": "submarine", "user": {"token": bearer}}],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


def _signature(content: bytes, key: Path) -> bytes:
    """Return the ES256 signature of RFC 7518, 3.4: the two numbers of 32 bytes that openssl wraps in DER."""
    command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    der = subprocess.run(command, input=content, capture_output=True, check=True).stdout
    first = der[4 : 4 + der[3]]
    second = der[4 + der[3] + 2 :]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (first, second))


def _decode(part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
