"""The demo's experiment, its spec unchanged, trains in pods, in every form, and to the same metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from submarine import Client
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.entrypoints.server import Server

DIGITS = Path(__file__).parents[3] / "examples" / "digits"
SETTINGS = """
[server]
host = "0.0.0.0"
url = "http://{address}:{port}"
allowed_hosts = ["{address}"]

[[clusters]]
name = "pods"
use = "kubernetes"
kubeconfig = "{kubeconfig}"
namespace = "{namespace}"
image = "{image}"
operators = true
forms = ["{form}"]

[[clusters]]
name = "here"
use = "local"
cpu = 4
"""


def settings(kubernetes: KubernetesCluster, kubeconfig: Path, namespace: str, form: str, port: int) -> str:
    return SETTINGS.format(
        address=kubernetes.node_address,
        port=port,
        kubeconfig=kubeconfig,
        namespace=namespace,
        image=kubernetes.python_image,
        form=form,
    )


@pytest.fixture
def form() -> str:
    return "indexed-job"


@pytest.fixture
def server(
    kubernetes: KubernetesCluster,
    server_kubeconfig: Path,
    namespace: str,
    form: str,
    tmp_path: Path,
    free_port: int,
) -> Iterator[Server]:
    if form == "pytorch-job":  # the operator gives workers an init container that is not restricted
        level = "pod-security.kubernetes.io/enforce=baseline"
        kubernetes.kubectl("label", "namespace", namespace, level, "--overwrite")
    root = tmp_path / "server"
    root.mkdir()
    served = Server(root, settings(kubernetes, server_kubeconfig, namespace, form, free_port))
    served.port = free_port
    served.start()
    yield served
    served.stop()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def trained(client: Client, cluster: str, **more: Any) -> tuple[Any, dict[str, list[float]]]:
    spec = yaml.safe_load((DIGITS / "experiment.yaml").read_text())
    spec["params"] |= {"epochs": 3, "hidden": 64}
    spec["placement"] = {"cluster": cluster}
    spec["name"] = cluster
    ended = client.experiments.submit({**spec, **more}, base=DIGITS, wait=True, timeout=200)
    role = next(iter(spec["roles"] if "roles" not in more else more["roles"]))
    said = b"".join(client.experiments.logs(ended, role=role)).decode()
    if ended.state != "succeeded" or "submarine:" in said:
        pytest.fail(f"{client.experiments.get(ended.id)}\n{said}")
    keys = ("loss", "accuracy")
    return ended, {
        key: [point.value for point in client.experiments.metric(ended, key, max_points=100)] for key in keys
    }


@pytest.mark.parametrize("form", ["indexed-job", "job-set", "pytorch-job", "train-job"])
def test_it_learns_in_pods_what_it_learns_here(server: Server, form: str) -> None:
    roles = {}
    if form == "job-set":  # is for several roles
        roles = {"roles": {"master": {"replicas": 1}, "worker": {"replicas": 1}}}
    with Client(server.url, server.token) as client:
        ended, there = trained(client, "pods", **roles)
        _, here = trained(client, "here")
        assert there.keys() == here.keys()
        assert len(there["loss"]) == 3
        for key, values in here.items():
            assert there[key] == pytest.approx(values, rel=1e-3)
        said = b"".join(client.experiments.logs(ended, role=next(iter(roles.get("roles", {"worker": 1})))))
        assert b"epoch" in said
