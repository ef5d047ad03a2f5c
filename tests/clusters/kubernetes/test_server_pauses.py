"""Suspended and resumed on a cluster: what was written stays, and what has ended does not run again."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.kubernetes.several import Several, by_form
from tests.clusters.output import text
from tests.end_to_end.patience import PATIENCE, ended, until
from tests.entrypoints.server import Server

LINES: Final = 3
_BY_INDEX: Final = """
import os, sys
sys.argv[2] = ("first", "second")[int(os.environ["SUBMARINE_INDEX"])]
"""
FORMS: Final[Mapping[str, tuple[str | None, Mapping[str, int]]]] = {
    "indexed-job": (None, {"worker": 2}),
    "job-set": (None, {"worker": 2, "ps": 1}),
    "train-job": ("pytorch", {"worker": 2}),
    "pytorch-job": ("pytorch", {"master": 1, "worker": 1}),
    "tf-job": ("tensorflow", {"chief": 1, "worker": 1}),
    "xgboost-job": ("xgboost", {"master": 1, "worker": 1}),
}
"""The framework of a spec that takes a form, and its roles."""


def asked(*forms: str) -> list[Any]:
    """Return all forms; those that are none of *forms* are made alike, and left to the long runs."""
    return [form if form in forms else pytest.param(form, marks=pytest.mark.chaos) for form in FORMS]


@pytest.fixture
def formed(kubernetes: KubernetesCluster, tmp_path: Path, form: str) -> Iterator[Several]:
    """A server with one cluster, on which workloads take *form*."""
    with by_form(kubernetes, tmp_path, [form]) as found:
        yield found


@pytest.mark.parametrize("form", asked("indexed-job", "job-set", "train-job", "pytorch-job"))
def test_output_from_before_a_pause_stays(formed: Several, witness: PodWitness, form: str) -> None:
    """Also when the server dies meanwhile; by offset, it goes on where it was. In the end nothing is left."""
    framework, roles = FORMS[form]
    spec = {"framework": framework, "roles": {r: {"replicas": n} for r, n in roles.items()}, "grace": "1s"}
    replicas = [(role, index) for role, count in roles.items() for index in range(count)]
    once, server = witness.log("job", LINES), formed.server

    def said() -> set[str]:
        return {_said(client, job, *replica) for replica in replicas}

    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close("job")
        job = submit(client, "job", witness.command("job", lines=LINES), form, **spec)
        until(lambda: witness.begun() == Counter(job=len(replicas)))
        until(lambda: said() == {once})
        client.experiments.suspend(job.id)
        until(lambda: client.experiments.get(job.id).state == "suspended")
        assert said() == {once}
        server.restart(number=signal.SIGKILL)
        assert said() == {once}
        assert f"as {form}" in client.experiments.explain(job)["placement"]["reason"]

        witness.open("job")
        client.experiments.resume(job.id)
        found = ended(client, job.id)
        assert (found.state, found.attempt) == ("succeeded", 1), client.experiments.explain(found)
        assert said() == {2 * once}
    assert (witness.begun(), witness.ended()) == (Counter(job=2 * len(replicas)), Counter(job=len(replicas)))
    until(lambda: formed.left(form) == set())


@pytest.mark.parametrize("form", asked("train-job", "pytorch-job"))
def test_what_is_cancelled_leaves_nothing_behind(formed: Several, witness: PodWitness, form: str) -> None:
    """Neither of ours nor of what an operator made for it."""
    framework, roles = FORMS[form]
    spec = {"framework": framework, "roles": {r: {"replicas": n} for r, n in roles.items()}, "grace": "1s"}
    with submarine.Client(formed.server.url, formed.server.token, retry_for=PATIENCE) as client:
        witness.close("job")
        job = submit(client, "job", witness.command("job", lines=LINES), form, **spec)
        until(lambda: witness.begun() == Counter(job=sum(roles.values())))
        assert formed.left(form) != set()
        client.experiments.cancel(job.id)
        assert ended(client, job.id).state == "cancelled"
        until(lambda: formed.left(form) == set())
        assert all(_said(client, job, role, 0) == witness.log("job", LINES) for role in roles)


def test_a_replica_that_has_ended_does_not_run_again(server: Server, witness: PodWitness) -> None:
    """The first is done when the pause comes, the second is not."""
    program = witness.command("NAME", lines=LINES)
    command = ["python3", "-I", "-S", "-c", _BY_INDEX + program[4], *program[5:]]
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close("second")
        job = submit(client, "job", command, roles={"worker": {"replicas": 2}}, grace="1s")
        until(lambda: witness.ended() == Counter(first=1))
        until(lambda: {r.phase for r in client.experiments.get(job.id).replicas} == {"succeeded", "running"})
        until(lambda: witness.begun() == Counter(first=1, second=1))
        client.experiments.suspend(job.id)
        until(lambda: client.experiments.get(job.id).state == "suspended")
        witness.open("second")
        client.experiments.resume(job.id)
        found = ended(client, job.id)
        assert found.state == "succeeded", client.experiments.explain(found)
        assert _said(client, job, "worker", 0) == witness.log("first", LINES)
        assert _said(client, job, "worker", 1).endswith(witness.log("second", LINES))
    assert witness.begun() == Counter(first=1, second=2)
    assert witness.ended() == Counter(first=1, second=1)


def test_what_is_suspended_is_cancelled_with_its_output(server: Server, witness: PodWitness) -> None:
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close("job")
        job = submit(client, "job", witness.command("job", lines=LINES), grace="1s")
        until(lambda: text(client, job) == witness.log("job", LINES))
        client.experiments.suspend(job.id)
        until(lambda: client.experiments.get(job.id).state == "suspended")
        client.experiments.cancel(job.id)
        assert ended(client, job.id).state == "cancelled"
        assert text(client, job) == witness.log("job", LINES)


def _said(client: submarine.Client, experiment: submarine.Experiment, role: str, index: int) -> str:
    return b"".join(client.experiments.logs(experiment, role=role, index=index)).decode()
