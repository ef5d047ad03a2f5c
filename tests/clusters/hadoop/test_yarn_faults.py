"""What runs on YARN outlives the death of our server and of Hadoop's daemons: nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import submarine
from submarine.contracts.faults.victims import marked
from tests.clusters.hadoop.asking import (
    SLOW,
    Witness,
    applications,
    ask,
    health,
    node,
    remarks,
    submit,
)
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.settings import yarn_table
from tests.clusters.output import steps, text
from tests.clusters.tables import LOCAL
from tests.end_to_end.patience import all_ended, ended, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LINES = 40
SECONDS = 20.0
DAEMONS = ("rm1", "nn1", "dn", "ats", "zk")
"""Not NodeManagers: a busy machine may take longer to start one than the ResourceManager waits for it."""
FROZEN_SECONDS = 40.0
RESUBMIT = {"limit": 1, "on": ["lost", "node-lost"]}


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path)


def test_what_runs_outlives_every_kill(either: HadoopCluster, serve: Serve, witness: Witness) -> None:
    names = [f"job-{number}" for number in range(3)]
    server = serve(yarn_table(either))
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        for name in names:
            submit(client, name, witness.command(name, seconds=SECONDS, lines=LINES, metric="loss"))
        until(lambda: witness.begun().keys() == {(name, 1) for name in names}, SLOW)
        server.restart(number=signal.SIGKILL)
        for daemon in filter(either.has, DAEMONS):
            either.kill(daemon)
            server.restart(number=signal.SIGKILL)
            either.mend()
        witness.open(*names)
        found = all_ended(client, set(names), SLOW)
        assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
        for name, experiment in found.items():
            assert text(client, experiment) == witness.log(name, LINES)
            assert steps(client, experiment, LINES) == list(range(LINES))
    assert witness.begun() == witness.ended() == Counter((name, 1) for name in names)


def test_an_application_master_that_is_killed_is_started_again_and_its_containers_run_on(
    either: HadoopCluster, serve: Serve, witness: Witness
) -> None:
    server = serve(yarn_table(either))
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        job = submit(client, "job", witness.command("job"))
        until(lambda: witness.begun()["job", 1], SLOW)
        (known,) = applications(either, f"sub-{job.id}-1")
        application = str(known["id"])
        (attempt,) = _attempts(either, application)
        masters = marked(f"CONTAINER_ID={attempt['containerId']}")
        assert masters
        os.kill(masters[-1], signal.SIGKILL)
        until(lambda: len(_attempts(either, application)) == 2, SLOW)
        until(lambda: any("has failed 1 time" in said for said in remarks(client, job)), SLOW)
        assert witness.living("job")
        witness.open("job")
        found = ended(client, job.id, SLOW)
        assert (found.state, found.attempt) == ("succeeded", 1), client.experiments.explain(job)
        assert text(client, job) == witness.log("job")
    assert witness.begun() == witness.ended() == Counter([("job", 1)])


def test_a_resource_manager_or_name_node_that_stands_still_is_no_verdict_and_slows_no_other_cluster(
    hadoop: HadoopCluster, serve: Serve, witness: Witness
) -> None:
    names = ["rm1", "nn1"]
    server = serve(yarn_table(hadoop, timeout=3.0) + LOCAL)
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        jobs = [submit(client, name, witness.command(name)) for name in names]
        until(lambda: witness.begun().keys() == {(name, 1) for name in names}, SLOW)
        until(lambda: {client.experiments.get(job.id).state for job in jobs} == {"running"}, SLOW)
        for daemon in names:
            began = time.time()
            hadoop.freeze(daemon)
            thaw_at = time.monotonic() + FROZEN_SECONDS
            until(lambda: health(client) == "unreachable", SLOW)
            since = client.clusters.get("hadoop").since_at
            assert began <= since.timestamp() <= time.time()
            witness.open(daemon)  # it ends while nobody can ask after it
            while time.monotonic() < thaw_at:
                local = {"command": ["true"], "placement": {"cluster": "local"}}
                assert client.experiments.submit(local, wait=True, timeout=SLOW).state == "succeeded"
                assert client.clusters.get("local").health == "ok"
            assert client.clusters.get("hadoop").since_at == since
            assert not any(client.experiments.get(job.id).ended for job in jobs[names.index(daemon) :])
            hadoop.thaw(daemon)
            until(lambda: health(client) == "ok", SLOW)
            found = ended(client, jobs[names.index(daemon)].id, SLOW)
            assert (found.state, found.attempt) == ("succeeded", 1)
    assert witness.begun() == witness.ended() == Counter((name, 1) for name in names)


def test_an_attempt_on_a_node_that_comes_back_writes_nothing_any_more(
    either: HadoopCluster, serve: Serve, witness: Witness
) -> None:
    server = serve(yarn_table(either))
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        job = submit(client, "job", witness.command("job"), retry=RESUBMIT, grace="1s")
        until(lambda: witness.begun()["job", 1], SLOW)
        until(lambda: node(either, client, job), SLOW)
        first = node(either, client, job)
        token = _variables(witness.living("job")[0])["SUBMARINE_TOKEN"]
        either.kill(first)
        until(lambda: witness.begun()["job", 2], SLOW)
        until(lambda: not witness.living("job", 1), SLOW)  # though no NodeManager could tell it
        until(lambda: node(either, client, job) not in {"", first}, SLOW)
        either.mend()
        with submarine.Client(server.url, token) as stale, pytest.raises(submarine.errors.Unauthenticated):
            stale.experiments.get(job.id)
        assert len(witness.living("job", 2)) == 1
        witness.open("job")
        found = ended(client, job.id, SLOW)
        assert (found.state, found.attempt) == ("succeeded", 2)
        assert text(client, job) == witness.log("job")
    assert witness.begun() == Counter([("job", 1), ("job", 2)])
    assert witness.ended() == Counter([("job", 2)])


def _variables(pid: int) -> dict[str, str]:
    said = Path(f"/proc/{pid}/environ").read_bytes().decode().rstrip("\0").split("\0")
    return dict(line.partition("=")[::2] for line in said)


def _attempts(hadoop: HadoopCluster, application: str) -> list[dict[str, Any]]:
    found = ask(hadoop, f"/ws/v1/cluster/apps/{application}/appattempts")
    return list((found["appAttempts"] or {}).get("appAttempt", ()))
