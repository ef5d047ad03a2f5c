"""What a test may ask of a real Kubernetes; one that asks is marked ``cluster``, for make test-clusters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clusters.kubernetes.access import granted
from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.cluster import (
    KubernetesCluster,
    Profile,
    running_node,
    start_cluster,
)
from tests.clusters.scripts import CannotStartError

ASKED = frozenset({"kubernetes_cluster", "scale_cluster"})
TIMEOUT = 300


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ASKED & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.cluster)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="session")
def kubernetes_cluster() -> Iterator[KubernetesCluster]:
    """Return the real node of this machine; one that was not running is ended after the last test."""
    if (running := running_node()) is not None:
        yield running
        return
    yield from _own("node", "")


@pytest.fixture(scope="session")
def scale_cluster() -> Iterator[KubernetesCluster]:
    """Return a cluster without a kubelet, where KWOK plays any number of nodes."""
    yield from _own("scale", "-scale")


@pytest.fixture
def kubernetes(kubernetes_cluster: KubernetesCluster) -> Iterator[KubernetesCluster]:
    """Return the real node; what the test kills or freezes runs again afterwards."""
    yield kubernetes_cluster
    kubernetes_cluster.mend()


@pytest.fixture
def namespace(kubernetes: KubernetesCluster) -> Iterator[str]:
    """Return a fresh namespace that admits restricted pods only."""
    with kubernetes.namespace() as name:
        yield name


@pytest.fixture
def server_kubeconfig(kubernetes: KubernetesCluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """Return the kubeconfig of an account that may do in *namespace* what our manifests grant."""
    with granted(kubernetes, namespace) as account:
        bearer = token(kubernetes, namespace, account)
        yield kubeconfig(kubernetes, tmp_path / "kubeconfig", bearer, namespace)


def _own(profile: Profile, suffix: str) -> Iterator[KubernetesCluster]:
    run_dir = Path(os.environ.get("SUBMARINE_KUBERNETES", "/tmp/submarine-kubernetes") + suffix)
    try:
        cluster = start_cluster(run_dir, profile)
    except CannotStartError as error:
        pytest.exit(str(error), returncode=3)
    yield cluster
    cluster.down()
