"""Our server inside the cluster it manages, by the manifests that we ship, and a job submitted to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from submarine import Client
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.server import (
    DEPLOYMENT,
    JOBS,
    NAMESPACE,
    admin_token,
    await_server,
    build_image,
    deployed,
    forwarded,
)
from tests.clusters.scripts import wait_until

pytestmark = pytest.mark.timeout(900)  # the image may have to be built

SPEC = {
    "name": "inside",
    "environment": {"image": KubernetesCluster.python_image},
    "command": ["python3", "-c", "import submarine; submarine.log_metric('loss', 0.5); print('from a pod')"],
    "resources": {"cpu": "100m", "memory": "64Mi"},
}


@pytest.fixture(scope="module")
def server(kubernetes_cluster: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    tag = build_image(kubernetes_cluster, folder)
    with deployed(kubernetes_cluster, tag, folder):
        await_server(kubernetes_cluster)
        with forwarded(kubernetes_cluster) as url:
            yield url


def test_the_server_runs_restricted_and_becomes_ready(
    kubernetes_cluster: KubernetesCluster, server: str
) -> None:
    found = kubernetes_cluster.get(DEPLOYMENT, NAMESPACE)["status"]
    assert found["readyReplicas"] == 1
    can = ("exec", DEPLOYMENT, "--", "sh", "-c", "id -u; touch /usr/x 2>&1 || touch /var/lib/submarine/x")
    said = kubernetes_cluster.kubectl(*can, namespace=NAMESPACE)
    assert said.split("\n")[0] == "1000"
    assert "Read-only file system" in said


def test_a_job_submitted_through_its_service_succeeds(
    kubernetes_cluster: KubernetesCluster, server: str
) -> None:
    with Client(server, admin_token(kubernetes_cluster)) as client:
        ended = client.experiments.submit(SPEC, wait=True, timeout=180)
        assert ended.state == "succeeded", client.experiments.explain(ended)
        assert b"".join(client.experiments.logs(ended)) == b"from a pod\n"
        assert {each.key: each.value for each in client.experiments.metrics(ended)} == {"loss": 0.5}
        client.experiments.delete(ended)
    wait_until(lambda: not _left(kubernetes_cluster), 60, "nothing to be left of it")


def _left(kubernetes: KubernetesCluster) -> str:
    return kubernetes.kubectl("get", "jobs,pods", "-o", "name", namespace=JOBS)
