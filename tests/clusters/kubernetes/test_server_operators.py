"""Jobs of the training operator run to their end; their processes find each other by what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

import submarine
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.several import by_form
from tests.end_to_end.patience import ended, until
from tests.entrypoints.server import Server

FORMS: Final = ("tf-job", "xgboost-job", "mpi-job")

_MEET: Final = """
import json, os, socket, sys, time
def meet(first, host, port, me, count):
    "The first counts who calls; the others call, until they are answered."
    if first:
        with socket.create_server(("", port)) as server:
            calls = [server.accept()[0].makefile().readline().strip() for _ in range(count - 1)]
            print("met", sorted([me, *calls]))
        return
    while True:
        try:
            with socket.create_connection((host, port), timeout=5) as peer:
                peer.sendall((me + "\\n").encode())
                return
        except OSError:
            time.sleep(0.2)
"""
_TENSORFLOW: Final = (
    _MEET
    + """
said = json.loads(os.environ["TF_CONFIG"])
task, cluster = said["task"], said["cluster"]
host, _, port = cluster["chief"][0].rpartition(":")
count = sum(len(cluster[kind]) for kind in ("chief", "worker"))
meet(task["type"] == "chief", host, int(port), f"{task['type']}-{task['index']}", count)
"""
)
_XGBOOST: Final = (
    _MEET
    + """
rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
meet(rank == 0, os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), str(rank), size)
"""
)
_MPI_RANK: Final = (
    'echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE on $(hostname) in $SUBMARINE_ROLE"'
)


@pytest.fixture(scope="module")
def server(
    kubernetes_cluster: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with by_form(kubernetes_cluster, tmp_path_factory.mktemp("operators"), FORMS) as found:
        yield found.server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as client:
        until(lambda: {cluster.health for cluster in client.clusters.list()} == {"ok"})
        yield client


def test_the_tasks_of_a_tf_job_meet_by_its_tf_config(client: submarine.Client) -> None:
    roles = {"chief": {"replicas": 1}, "worker": {"replicas": 2}}
    found = _run(client, "tf-job", "tensorflow", roles, ["python3", "-c", _TENSORFLOW])
    assert _said(client, found, "chief") == "met ['chief-0', 'worker-0', 'worker-1']\n"


def test_the_ranks_of_an_xgboost_job_meet_at_its_master(client: submarine.Client) -> None:
    roles = {"master": {"replicas": 1}, "worker": {"replicas": 2}}
    found = _run(client, "xgboost-job", "xgboost", roles, ["python3", "-c", _XGBOOST])
    assert _said(client, found, "master") == "met ['0', '1', '2']\n"


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_mpirun_starts_a_rank_on_every_worker_of_an_mpi_job(
    client: submarine.Client, kubernetes_cluster: KubernetesCluster
) -> None:
    """A real mpirun, by the operator's kubectl; its image is made here, which takes a minute or two."""
    image = kubernetes_cluster.tools_image()
    roles = {
        "launcher": {"command": ["mpirun", "-n", "2", "sh", "-c", _MPI_RANK]},
        "worker": {"replicas": 2, "command": ["sleep", "600"]},
    }
    found = _run(
        client, "mpi-job", "mpi", roles, None, success="chief", environment={"image": image}, grace="2s"
    )
    ranks = sorted(line for line in _said(client, found, "launcher").splitlines() if line.startswith("rank"))
    name = f"sub-{found.id}-1-worker"
    assert ranks == [f"rank {n} of 2 on {name}-{n} in worker" for n in (0, 1)]


def _run(
    client: submarine.Client,
    form: str,
    framework: str,
    roles: Mapping[str, Any],
    command: list[str] | None,
    **more: Any,
) -> submarine.Experiment:
    spec = {"name": form, "framework": framework, "roles": roles, "placement": {"cluster": form}, **more}
    experiment = client.experiments.submit(spec | ({"command": command} if command else {}))
    found = ended(client, experiment.id, 240.0)
    assert found.state == "succeeded", client.experiments.explain(found)
    assert f"as {form}" in client.experiments.explain(found)["placement"]["reason"]
    return found


def _said(client: submarine.Client, experiment: submarine.Experiment, role: str) -> str:
    return b"".join(client.experiments.logs(experiment, role=role, index=0)).decode()
