"""Suspended and resumed on a cluster: what was written stays, and what has ended does not run again."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any, Final

import pytest

import submarine
from tests.clusters.kubernetes.asking import submit
from tests.clusters.kubernetes.pod_witness import PodWitness
from tests.clusters.output import text
from tests.end_to_end.patience import PATIENCE, ended, until
from tests.entrypoints.server import Server

LINES: Final = 3

_BY_INDEX: Final = """
import os, sys
sys.argv[2] = ("first", "second")[int(os.environ["SUBMARINE_INDEX"])]
"""


@pytest.mark.parametrize("form", ["indexed-job", "job-set"])
def test_output_from_before_a_pause_stays(server: Server, witness: PodWitness, form: str) -> None:
    """Also when the server dies meanwhile; by offset, it goes on where it was."""
    roles: dict[str, Any] = {"worker": {"replicas": 2}}
    if form == "job-set":
        roles["ps"] = {"replicas": 1}
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
        witness.close("job")
        job = submit(client, "job", witness.command("job", lines=LINES), roles=roles, grace="1s")
        count = sum(role["replicas"] for role in roles.values())
        until(lambda: witness.begun() == Counter(job=count))
        until(lambda: _said(client, job, "worker", 1) == witness.log("job", LINES))
        client.experiments.suspend(job.id)
        until(lambda: client.experiments.get(job.id).state == "suspended")
        assert _said(client, job, "worker", 1) == witness.log("job", LINES)
        server.restart(number=signal.SIGKILL)
        assert _said(client, job, "worker", 1) == witness.log("job", LINES)
        assert f"as {form}" in client.experiments.explain(job)["placement"]["reason"]

        witness.open("job")
        client.experiments.resume(job.id)
        found = ended(client, job.id)
        assert (found.state, found.attempt) == ("succeeded", 1), client.experiments.explain(found)
        for role, index in (("worker", 0), ("worker", 1), *([("ps", 0)] if form == "job-set" else [])):
            assert _said(client, job, role, index) == 2 * witness.log("job", LINES)
    assert (witness.begun(), witness.ended()) == (Counter(job=2 * count), Counter(job=count))


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
