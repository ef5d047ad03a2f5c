"""Why something waits or has failed, as a user reads it: the cluster's own words, and nothing left behind."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.several import several
from tests.clusters.output import text
from tests.end_to_end.patience import ended, running, until
from tests.entrypoints.server import Server

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "kube": {"pull_policy": "IfNotPresent", "grows": True},
    "never-pulls": {"pull_policy": "Never"},
    "right-login": {"pull_policy": "Always", "pull_secrets": ["login"]},
    "wrong-login": {"pull_policy": "Always", "pull_secrets": ["login"]},
    "right-password": {"pull_policy": "Always"},
    "wrong-password": {"pull_policy": "Always"},
    "no-pods": {},
    "no-jobs": {},
    "insecure": {"security": "image"},
    "no-class": {"priority_classes": {"0": "no-such-class"}},
    "wrong-words": {"tolerations": [{"operator": "Sometimes"}]},
}
QUOTAS: Final = {"no-pods": "pods", "no-jobs": "count/jobs.batch"}
KINDS: Final = "configmaps,secrets,services,jobs,pods,events"
SLEEPS: Final = ["sleep", "300"]
WAITING: Final[Mapping[str, tuple[str, str]]] = {
    "no-such-image": ("image-pull", "no/such"),
    "never-pulls": ("image-pull", "ErrImageNeverPull"),
    "wrong-login": ("image-pull", "401"),
    "wrong-password": ("image-pull", "401"),
    "too-large": ("unschedulable", "Insufficient cpu"),
    "no-pods": ("quota", "exceeded quota"),
    "no-jobs": ("no-room", "exceeded quota"),
    "insecure": ("refused", 'violates PodSecurity "restricted'),
    "no-class": ("refused", "no PriorityClass with name no-such-class was found"),
}
"""Who waits: for what reason, and what words of the cluster are in the message."""


@pytest.fixture(scope="module")
def places(kubernetes_cluster: KubernetesCluster) -> Iterator[Mapping[str, str]]:
    """A namespace for each of our clusters, with what makes trouble there."""
    registry = kubernetes_cluster.registry
    with ExitStack() as stack:
        found = {name: stack.enter_context(kubernetes_cluster.namespace()) for name in OPTIONS}
        for name, counted in QUOTAS.items():
            quota = {"metadata": {"name": "narrow"}, "spec": {"hard": {counted: "0"}}}
            kubernetes_cluster.apply(
                {"apiVersion": "v1", "kind": "ResourceQuota", **quota}, namespace=found[name]
            )
        for name, password in {"right-login": registry.password, "wrong-login": "wrong"}.items():
            kubernetes_cluster.kubectl(
                *("create", "secret", "docker-registry", "login", f"--docker-server={registry.address}"),
                *(f"--docker-username={registry.user}", f"--docker-password={password}"),
                namespace=found[name],
            )
        yield found


@pytest.fixture(scope="module")
def server(
    kubernetes_cluster: KubernetesCluster,
    places: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("reasons")
    options = {n: {**said, **_registries(kubernetes_cluster, root, n)} for n, said in OPTIONS.items()}
    with several(kubernetes_cluster, root, places, options) as found:
        yield found.server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[submarine.Client]:
    with submarine.Client(server.url, server.token) as client:
        until(lambda: {cluster.health for cluster in client.clusters.list()} == {"ok"})
        yield client


@pytest.fixture(scope="module")
def waiting(
    client: submarine.Client, kubernetes_cluster: KubernetesCluster
) -> Mapping[str, submarine.Experiment]:
    """All that will wait for ever, handed in together."""
    private = kubernetes_cluster.registry.image
    more: dict[str, dict[str, Any]] = {name: {} for name in WAITING}
    more["no-such-image"] = {"environment": {"image": "localhost:1/no/such:1"}}
    more["never-pulls"] = {"environment": {"image": "localhost/no/such:1"}}
    more["wrong-login"] = more["wrong-password"] = {"environment": {"image": private}}
    more["too-large"] = {"resources": "cpu=64"}
    return {
        name: submit(client, name, SLEEPS, name if name in OPTIONS else "kube", **said)
        for name, said in more.items()
    }


@pytest.mark.parametrize("name", WAITING)
def test_what_waits_says_why_in_the_words_of_the_cluster(
    client: submarine.Client, waiting: Mapping[str, submarine.Experiment], name: str
) -> None:
    reason, words = WAITING[name]
    experiment = waiting[name]

    def said() -> bool:
        found = client.experiments.explain(experiment)
        return found.reason == reason and words in str(found.message)

    try:
        until(said, 60)
    except AssertionError as error:
        raise AssertionError(client.experiments.explain(experiment)) from error
    assert not client.experiments.get(experiment.id).ended
    client.experiments.cancel(experiment)
    assert ended(client, experiment.id).state == "cancelled"


@pytest.mark.parametrize("cluster", ["right-login", "right-password"])
def test_a_pull_with_the_right_password_brings_the_image(
    client: submarine.Client, kubernetes_cluster: KubernetesCluster, cluster: str
) -> None:
    image = {"image": kubernetes_cluster.registry.image}
    pulled = submit(client, "pulled", ["echo", "pulled"], cluster, environment=image)
    assert ended(client, pulled.id).state == "succeeded"
    assert text(client, pulled) == "pulled\n"
    placement = client.experiments.explain(pulled).placement
    assert placement is not None
    assert placement.reason == "named by the spec; as indexed-job, because it has one role"


def test_a_registry_s_password_is_in_one_secret_and_goes_with_the_attempt(
    client: submarine.Client, server: Server, kubernetes_cluster: KubernetesCluster, places: Mapping[str, str]
) -> None:
    registry, place = kubernetes_cluster.registry, places["right-password"]

    def bearers(password: str) -> set[str]:
        found = kubernetes_cluster.kubectl("get", KINDS, "-o", "json", namespace=place)
        hidden = base64.b64encode(f"{registry.user}:{password}".encode()).decode()
        return {
            f"{each['kind']}/{each['metadata']['name'].rpartition('-')[2]}"
            for each in json.loads(found)["items"]
            if any(word in _plain(each) for word in (password, hidden))
        }

    image = {"image": registry.image}
    sleeper = submit(client, "sleeper", SLEEPS, "right-password", environment=image, grace="1s")
    running(client, sleeper.id)
    assert bearers(registry.password) == {"Secret/pull"}
    told_by_us = [server.log, *(path for path in server.data.rglob("*") if path.is_file())]
    assert [path for path in told_by_us if registry.password.encode() in path.read_bytes()] == []
    client.experiments.cancel(sleeper)
    ended(client, sleeper.id)
    client.experiments.delete(sleeper)
    until(lambda: bearers(registry.password) == set())


def test_a_rejected_spec_says_why_and_leaves_nothing_behind(
    client: submarine.Client, kubernetes_cluster: KubernetesCluster, places: Mapping[str, str]
) -> None:
    rejected = ended(client, submit(client, "rejected", SLEEPS, "wrong-words").id)
    assert (rejected.state, rejected.reason) == ("failed", "rejected")
    assert 'Unsupported value: "Sometimes"' in str(rejected.message)
    assert left(kubernetes_cluster, places["wrong-words"]) == []


def test_every_replica_has_its_own_end(client: submarine.Client, server: Server) -> None:
    roles = {
        "chief": {"command": ["sh", "-c", "sleep 3; exit 7"]},
        "worker": {"command": SLEEPS, "replicas": 2},
    }
    placed = {"placement": {"cluster": "kube"}}
    several = client.experiments.submit({"name": "several", "roles": roles, "grace": "1s", **placed})
    greedy = submit(client, "greedy", ["python3", "-c", "'x' * 500_000_000"], resources="memory=64Mi")
    late = submit(client, "late", SLEEPS, max_duration="3s", grace="1s")
    missing = submit(client, "missing", ["/no/such/program"])
    found = ended(client, several.id)
    assert (found.state, found.reason, found.exit_code) == ("failed", "exit-code", 7)
    ends = {(r.role, r.index): (r.phase, r.exit_code) for r in found.replicas}
    assert ends["chief", 0] == ("failed", 7)
    assert {ends["worker", index][0] for index in (0, 1)} == {"cancelled"}
    assert "exited with code 7" in told(server, "experiment", "get", several.id)
    assert _end(client, greedy) == ("failed", "out-of-memory", 137)
    assert _end(client, late)[:2] == ("failed", "deadline-exceeded")
    assert _end(client, missing)[:2] == ("failed", "cannot-start")
    assert "/no/such/program" in told(server, "explain", missing.id)


def test_a_cancelled_job_has_its_grace(client: submarine.Client) -> None:
    program = "trap 'sleep 2; echo saved; exit 0' TERM; echo ready; while true; do sleep 0.1; done"
    job = submit(client, "graceful", ["sh", "-c", program], grace="20s")
    running(client, job.id)
    until(lambda: text(client, job) == "ready\n")
    client.experiments.cancel(job)
    assert ended(client, job.id).state == "cancelled"
    assert text(client, job) == "ready\nsaved\n"


def told(server: Server, *words: str) -> str:
    """Return what a person reads on the command line."""
    command = [sys.executable, "-m", "submarine.entrypoints.cli", *words]
    variables = {**os.environ, "SUBMARINE_URL": server.url, "SUBMARINE_TOKEN": server.token, "COLUMNS": "300"}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout


def left(cluster: KubernetesCluster, namespace: str) -> list[str]:
    """Return what there is of attempts."""
    words = ("get", "configmaps,secrets,services,jobs,pods", "--selector=submarine/handle", "-o", "name")
    return cluster.kubectl(*words, namespace=namespace).split()


def _registries(cluster: KubernetesCluster, root: Path, name: str) -> Mapping[str, Any]:
    """Return our own setting of the registry's password, which is in a file."""
    passwords = {"right-password": cluster.registry.password, "wrong-password": "wrong"}
    if name not in passwords:
        return {}
    path = root / f"{name}.secret"
    path.write_text(passwords[name])
    login = {"user": cluster.registry.user, "password": {"file": str(path)}}
    return {"registries": {cluster.registry.address: login}}


def _plain(made: Mapping[str, Any]) -> str:
    """Return an object as text, a Secret's content in clear."""
    data = made.get("data", {}) if made["kind"] == "Secret" else {}
    clear = [base64.b64decode(value).decode(errors="replace") for value in data.values()]
    return json.dumps(made) + "".join(clear)


def _end(client: submarine.Client, experiment: submarine.Experiment) -> tuple[str, str | None, int | None]:
    found = ended(client, experiment.id)
    return found.state, found.reason, found.exit_code
