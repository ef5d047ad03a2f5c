"""What no record wants is listed and swept, and what somebody else deleted is missed."""

from __future__ import annotations

import signal
from pathlib import Path

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.conftest import Serve
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.end_to_end.patience import ended, running, until

LIMITS = "[limits]\norphan_grace = 1.0\n"


def test_what_no_record_wants_is_listed_and_swept(
    kubernetes: KubernetesCluster,
    namespace: str,
    server_kubeconfig: Path,
    serve: Serve,
    witness: PodWitness,
) -> None:
    table = kubernetes_table(server_kubeconfig, namespace)
    forgetful = serve(table)
    with submarine.Client(forgetful.url, forgetful.token) as client:
        witness.close("forgotten", "missed")
        forgotten = submit(client, "forgotten", witness.command("forgotten"), grace="1s")
        running(client, forgotten.id)
        until(lambda: witness.begun()["forgotten"])
    forgetful.stop(signal.SIGKILL)
    server = serve(table + LIMITS)  # its records begin anew
    with submarine.Client(server.url, server.token, retry_for=60) as client:
        handle = f"sub-{forgotten.id}-1"
        until(lambda: [orphan["handle"] for orphan in client.clusters.orphans("kube")] == [handle])
        missed = submit(client, "missed", witness.command("missed"), grace="1s")
        running(client, missed.id)
        until(lambda: witness.begun()["missed"])
        server.stop(signal.SIGKILL)
        words = ("delete", "job", f"--selector=submarine/handle=sub-{missed.id}-1", "--cascade=foreground")
        kubernetes.kubectl(*words, namespace=namespace)
        server.start()
        until(lambda: not left_of(kubernetes, namespace, handle))
        assert list(client.clusters.orphans("kube")) == []
        found = ended(client, missed.id)
        assert (found.state, found.reason) == ("lost", "vanished")
    assert witness.begun() == {"forgotten": 1, "missed": 1}
    assert not witness.ended()


def left_of(cluster: KubernetesCluster, namespace: str, handle: str) -> list[str]:
    words = (
        "get",
        "configmaps,secrets,services,jobs,pods",
        f"--selector=submarine/handle={handle}",
        "-o",
        "name",
    )
    return cluster.kubectl(*words, namespace=namespace).split()
