"""Our server inside the cluster, made of ``deploy/kubernetes/server`` and an image of this checkout."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from tests.clusters.kubernetes.cluster import HERE, KubectlError, KubernetesCluster
from tests.wheels import ROOT, build_wheel

NAMESPACE: Final = "submarine-system"
JOBS: Final = "submarine"
DEPLOYMENT: Final = "deployment/submarine-server"
IMAGE: Final = "localhost/submarine/server"
USER: Final = 1000


def build_image(cluster: KubernetesCluster, folder: Path) -> str:
    """Build an image of this checkout, give it to the node, and return its tag."""
    (folder / "source").mkdir()
    wheel = build_wheel(folder / "source", folder)
    tag = folder.name
    archive = folder / "server.tar"
    subprocess.run(
        [str(HERE / "images" / "server.sh"), str(wheel), str(archive), f"{IMAGE}:{tag}"],
        check=True,
        timeout=600,
    )
    cluster.import_image(archive)
    return tag


@contextlib.contextmanager
def deployed(cluster: KubernetesCluster, tag: str, folder: Path) -> Iterator[None]:
    """Apply the manifests as our documentation says, with room for the claim; take all away afterwards."""
    overlay = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(ROOT / "deploy" / "kubernetes" / "server", folder.resolve())],
        "images": [{"name": "submarine-server", "newName": IMAGE, "newTag": tag}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    try:
        with _volume(cluster, folder / "volume"):
            cluster.kubectl("apply", "-k", str(folder))
            yield
    finally:
        cluster.kubectl("delete", "-k", str(folder), "--ignore-not-found", "--timeout=120s", seconds=150)


def await_server(cluster: KubernetesCluster) -> None:
    """Wait until it is ready; fail with what it says if it does not become so."""
    words = ("rollout", "status", DEPLOYMENT, "--timeout=120s")
    try:
        cluster.kubectl(*words, namespace=NAMESPACE, seconds=150)
    except KubectlError as error:
        said = cluster.kubectl("logs", DEPLOYMENT, "--tail=20", namespace=NAMESPACE)
        raise AssertionError(f"{error}: {said}") from error


@contextlib.contextmanager
def forwarded(cluster: KubernetesCluster) -> Iterator[str]:
    """Yield the server's address on this machine, by way of kubectl and the API server."""
    command = [*cluster.command, "-n", NAMESPACE, "port-forward", "service/submarine-server", ":8080"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()  # Forwarding from 127.0.0.1:39999 -> 8080
            yield "http://" + said.split()[2]
        finally:
            process.terminate()


def admin_token(cluster: KubernetesCluster) -> str:
    words = ("exec", DEPLOYMENT, "--", "cat", "/var/lib/submarine/admin-token")
    return cluster.kubectl(*words, namespace=NAMESPACE).strip()


@contextlib.contextmanager
def _volume(cluster: KubernetesCluster, path: Path) -> Iterator[None]:
    path.mkdir()
    os.chown(path, USER, USER)  # what fsGroup does on volumes of the cloud
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": path.parent.name},
        "spec": {
            "capacity": {"storage": "20Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": NAMESPACE, "name": "submarine-server"},
            "hostPath": {"path": str(path), "type": "Directory"},
        },
    }
    cluster.create(volume)
    try:
        yield
    finally:
        cluster.kubectl("delete", "pv", path.parent.name, "--wait=false")
