"""The token that our server shows to the cluster ends in mid-run: that is no verdict on anything."""

from __future__ import annotations

from pathlib import Path

import yaml

import submarine
from tests.clusters.kubernetes.access import granted
from tests.clusters.kubernetes.accounts import kubeconfig, token
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.conftest import Serve
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.settings import kubernetes_table
from tests.clusters.output import text
from tests.end_to_end.patience import all_ended, ended, running, until

SECONDS = 8.0


def test_a_token_that_ends_is_no_verdict_and_a_new_one_in_its_file_is_taken(
    kubernetes: KubernetesCluster, namespace: str, serve: Serve, witness: PodWitness, tmp_path: Path
) -> None:
    with granted(kubernetes, namespace) as account:
        file = tmp_path / "token"
        file.write_text(token(kubernetes, namespace, account))
        path = _with_token_file(kubeconfig(kubernetes, tmp_path / "kubeconfig", "", namespace), file)
        server = serve(kubernetes_table(path, namespace))
        with submarine.Client(server.url, server.token, retry_for=60) as client:
            witness.close("before")
            before = submit(client, "before", witness.command("before"))
            running(client, before.id)
            until(lambda: witness.begun()["before"])
            file.write_text(token(kubernetes, namespace, account, SECONDS))
            server.restart()
            until(lambda: client.clusters.get("kube").health == "ok")
            until(lambda: client.clusters.get("kube").health == "unreachable")
            refused = client.clusters.get("kube")
            assert "refuses our credentials" in str(refused.reason)
            witness.open("before")
            until(lambda: witness.ended()["before"])
            waiting = submit(client, "waiting", witness.command("waiting"))
            assert client.experiments.get(before.id).state == "running"
            assert client.clusters.get("kube").since_at == refused.since_at
            assert not client.experiments.get(waiting.id).ended
            file.write_text(token(kubernetes, namespace, account))
            found = all_ended(client, {"before", "waiting"})
            assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
            for name, experiment in found.items():
                assert text(client, experiment) == witness.log(name)
            after = submit(client, "after", ["true"])
            assert ended(client, after.id).state == "succeeded"
    assert witness.begun() == witness.ended() == {"before": 1, "waiting": 1}


def _with_token_file(path: Path, file: Path) -> Path:
    document = yaml.safe_load(path.read_text())
    document["users"][0]["user"] = {"tokenFile": str(file)}
    path.write_text(yaml.safe_dump(document))
    return path
