"""What is away for a while on a Hadoop cluster loses nothing; what nobody wants any more is ended there."""

from __future__ import annotations

import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

import submarine
from tests.clusters.hadoop.asking import (
    SLOW,
    Witness,
    applications,
    ask,
    health,
    node,
    submit,
)
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.settings import CLUSTER, yarn_table
from tests.clusters.output import steps, text
from tests.end_to_end.patience import ended, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LINES: Final = 40
SECONDS: Final = 20.0
KEPT: Final = "/user/submarine/.yarn/services"
FOLDERS: Final = "/user/submarine/.submarine"
SWEEP: Final = "[limits]\norphan_grace = 1.0\n"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path)


@pytest.fixture
def stranger(hadoop: HadoopCluster) -> Iterator[str]:
    """Have a service of somebody else run under our server's name; return what it is called."""
    name = f"others-{secrets.token_hex(4)}"
    component = {
        "name": "worker",
        "number_of_containers": 1,
        "launch_command": "sleep 900",
        "resource": {"cpus": 1, "memory": "128"},
    }
    said = {"name": name, "version": "1", "components": [component]}
    url = hadoop.endpoints["resourcemanagers"][0]
    httpx.post(
        f"{url}/app/v1/services", params={"user.name": "submarine"}, json=said, timeout=60
    ).raise_for_status()
    yield name
    for app in applications(hadoop, name):
        ask(hadoop, f"/ws/v1/cluster/apps/{app['id']}/state", "PUT", {"state": "KILLED"})
    hadoop.as_root("DELETE", "DELETE", f"{KEPT}/{name}", recursive="true")


def test_what_runs_on_a_node_manager_that_dies_and_comes_back_in_time_runs_on(
    either: HadoopCluster, serve: Serve, witness: Witness
) -> None:
    server = serve(yarn_table(either))
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        job = submit(client, "job", witness.command("job", seconds=SECONDS, lines=LINES, metric="loss"))
        until(lambda: witness.begun()["job", 1], SLOW)
        until(lambda: node(either, client, job), SLOW)
        before = witness.living("job")
        either.kill(node(either, client, job))
        assert witness.living("job") == before
        either.mend()
        assert client.experiments.get(job.id).state == "running"
        assert witness.living("job") == before
        witness.open("job")
        found = ended(client, job.id, SLOW)
        assert (found.state, found.attempt) == ("succeeded", 1), client.experiments.explain(job)
        assert text(client, job) == witness.log("job", LINES)
        assert steps(client, job, LINES) == list(range(LINES))
        assert len(applications(either, f"sub-{job.id}-1")) == 1
    assert witness.begun() == witness.ended() == Counter([("job", 1)])


def test_while_hdfs_is_in_safe_mode_everything_waits_and_nothing_is_lost(
    either: HadoopCluster, serve: Serve, witness: Witness
) -> None:
    server = serve(yarn_table(either))
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        runs = submit(client, "runs", witness.command("runs"))
        until(lambda: client.experiments.get(runs.id).state == "running", SLOW)
        either.administer("-safemode", "enter")
        try:
            waits = submit(client, "waits", witness.command("waits"))
            until(lambda: "safe mode" in str(client.experiments.get(waits.id).message), SLOW)
            told = client.experiments.get(waits.id)
            assert (told.state, told.reason) == ("placing", "unreachable")
            witness.open("runs", "waits")
            until(lambda: witness.ended()["runs", 1], SLOW)  # it cannot tell that yet
            assert not applications(either, f"sub-{waits.id}-1")
            assert not any(client.experiments.get(job.id).ended for job in (runs, waits))
        finally:
            either.administer("-safemode", "leave")
        for job in (runs, waits):
            found = ended(client, job.id, SLOW)
            assert (found.state, found.attempt) == ("succeeded", 1), client.experiments.explain(job)
            assert text(client, job) == witness.log(str(found.name))
        until(lambda: health(client) == "ok", SLOW)
    assert witness.begun() == witness.ended() == Counter([("runs", 1), ("waits", 1)])


def test_what_no_record_wants_is_ended_and_forgotten_and_what_others_run_is_left_alone(
    hadoop: HadoopCluster, serve: Serve, witness: Witness, stranger: str
) -> None:
    lost = serve(yarn_table(hadoop))
    with submarine.Client(lost.url, lost.token, retry_for=SLOW) as client:
        jobs = [submit(client, name, witness.command(name)) for name in ("whole", "bare", "mere")]
        whole, bare, mere = handles = [f"sub-{job.id}-1" for job in jobs]
        until(lambda: len(witness.begun()) == len(jobs), SLOW)
        lost.stop(signal.SIGKILL)
    for handle in (bare, mere):  # as where a server died while it removed them
        hadoop.as_root("DELETE", "DELETE", f"{FOLDERS}/{handle}", recursive="true")
    (application,) = applications(hadoop, mere)
    ask(hadoop, f"/ws/v1/cluster/apps/{application['id']}/state", "PUT", {"state": "KILLED"})
    until(lambda: not _living(hadoop, mere), SLOW)
    assert {*handles, stranger} <= _names(hadoop, KEPT)

    server = serve(yarn_table(hadoop) + SWEEP)  # whose records know nothing of them
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        until(lambda: mere not in _names(hadoop, KEPT), SLOW)  # of which nothing lives
        until(lambda: whole in _orphans(client), SLOW)
        server.restart()  # the next sweep comes at once
        until(lambda: not ({whole, bare} & _names(hadoop, KEPT)), SLOW)
        until(lambda: not (set(handles) & _names(hadoop, FOLDERS)), SLOW)
        assert not any(_living(hadoop, handle) for handle in handles)
        until(lambda: not any(witness.living(name) for name in ("whole", "bare", "mere")), SLOW)
        assert stranger in _names(hadoop, KEPT)
        assert _living(hadoop, stranger)
        until(lambda: not _orphans(client), SLOW)
    assert not witness.ended()


def _orphans(client: submarine.Client) -> set[str]:
    return {each.handle for each in client.clusters.orphans(CLUSTER)}


def _living(hadoop: HadoopCluster, name: str) -> bool:
    found = applications(hadoop, name)
    return any(app["state"] not in {"FINISHED", "FAILED", "KILLED"} for app in found)


def _names(hadoop: HadoopCluster, folder: str) -> set[str]:
    told = hadoop.as_root("GET", "LISTSTATUS", folder)
    return {each["pathSuffix"] for each in told["FileStatuses"]["FileStatus"]}
