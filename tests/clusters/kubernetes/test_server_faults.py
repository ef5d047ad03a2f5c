"""What runs outlives the death of our server and of the cluster's programs, and one that stands still."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.victims import processes
from tests.clusters.output import steps, text
from tests.end_to_end.patience import PATIENCE, all_ended, ended, until
from tests.entrypoints.server import Server

LINES = 40
SECONDS = 20.0
FROZEN_SECONDS = (
    pytest.param(20.0, id="for a while"),
    pytest.param(60.0, id="for a minute", marks=pytest.mark.chaos),
)
UNSLOWED_SECONDS = 20.0
PROGRAMS = ("kube-apiserver", "etcd", "kubelet")


def test_what_runs_outlives_every_kill(
    kubernetes: KubernetesCluster, namespace: str, server: Server, witness: PodWitness
) -> None:
    names = [f"job-{n}" for n in range(3)]
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close(*names, "victim")
        for name in names:
            submit(client, name, witness.command(name, SECONDS, LINES, metric="loss"))
        victim = submit(client, "victim", witness.command("victim", lines=3))
        until(lambda: witness.begun().keys() == {*names, "victim"})
        until(lambda: text(client, victim) == witness.log("victim", 3))
        os.kill(next(iter(processes(kubernetes, namespace, f"sub-{victim.id}-1"))), signal.SIGKILL)
        server.restart(number=signal.SIGKILL)
        for program in PROGRAMS:
            kubernetes.kill(program)
            server.restart(number=signal.SIGKILL)
            kubernetes.mend()
        witness.open(*names)
        lost = ended(client, victim.id)
        assert (lost.state, lost.reason, lost.exit_code) == ("failed", "exit-code", 137)
        assert text(client, victim) == witness.log("victim", 3)
        found = all_ended(client, set(names))
        assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
        for name, experiment in found.items():
            assert text(client, experiment) == witness.log(name, LINES)
            assert steps(client, experiment, LINES) == list(range(LINES))
    assert witness.begun() == Counter([*names, "victim"])
    assert witness.ended() == Counter(names)


@pytest.mark.parametrize("seconds", FROZEN_SECONDS)
@pytest.mark.timeout(400)
def test_an_api_server_that_stands_still_is_no_verdict_and_slows_no_other_cluster(
    kubernetes: KubernetesCluster, server: Server, witness: PodWitness, seconds: float
) -> None:
    names = [f"job-{n}" for n in range(3)]
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close(*names)
        jobs = [submit(client, name, witness.command(name, 2.0, metric="loss")) for name in names]
        until(lambda: witness.begun().keys() == set(names))
        until(lambda: {client.experiments.get(job.id).state for job in jobs} == {"running"})
        slowest = 0.0
        began = time.time()
        with frozen(kubernetes):
            thawed_at = time.monotonic() + seconds
            waiting = submit(client, "waiting", witness.command("waiting"))
            until(lambda: client.clusters.get("kube").health == "unreachable")
            since = client.clusters.get("kube").since_at
            assert began <= since.timestamp() <= time.time()
            witness.open(*names)  # they end while nobody can ask after them
            while time.monotonic() < thawed_at:
                begun = time.monotonic()
                local = client.experiments.submit(
                    {"command": ["true"], "placement": {"cluster": "local"}}, wait=True, timeout=PATIENCE
                )
                slowest = max(slowest, time.monotonic() - begun)
                assert local.state == "succeeded"
                assert client.clusters.get("local").health == "ok"
                time.sleep(1.0)
            cluster = client.clusters.get("kube")
            assert (cluster.health, cluster.since_at) == ("unreachable", since)
            assert "answer" in str(cluster.reason)
            assert {client.experiments.get(job.id).state for job in jobs} == {"running"}
            assert not client.experiments.get(waiting.id).ended
        found = all_ended(client, {*names, "waiting"})
        assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
        for name, experiment in found.items():
            assert text(client, experiment) == witness.log(name)
        for job in jobs:
            assert steps(client, job, 5) == list(range(5))
        until(lambda: client.clusters.get("kube").health == "ok")
    assert witness.begun() == witness.ended() == Counter([*names, "waiting"])
    assert slowest < UNSLOWED_SECONDS


@contextmanager
def frozen(kubernetes: KubernetesCluster) -> Iterator[None]:
    kubernetes.freeze("kube-apiserver")
    try:
        yield
    finally:
        kubernetes.thaw("kube-apiserver")
