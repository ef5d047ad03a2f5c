"""On one cluster each job runs in Hadoop as who submitted it, and as nobody else."""

from __future__ import annotations

import json
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import submarine
from tests.clusters.hadoop.asking import SLOW, Witness, applications, ask, submit
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.people import asked, each_table, owners, people, shared
from tests.clusters.hadoop.settings import CLUSTER
from tests.clusters.output import text
from tests.end_to_end.patience import ended, until

pytestmark = pytest.mark.timeout(900)

RUNNERS: Final = {"alice": "alice", "bob@example.org": "bob"}
"""Who they are in Hadoop, by who they are in Submarine."""
TABLE: Final = {"hadoop_users": {"bob@example.org": "bob"}}
FORBIDDEN: Final = 403
SWEEP: Final = "[limits]\norphan_grace = 1.0\n"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path)


@pytest.fixture
def staging(hadoop: HadoopCluster) -> Iterator[str]:
    with shared(hadoop) as path:
        yield path


def test_each_runs_as_who_they_are_and_who_may_not_is_told(
    hadoop: HadoopCluster, serve: Serve, witness: Witness, staging: str
) -> None:
    server = serve(each_table(hadoop, staging, **TABLE))
    with people(server, [*RUNNERS, "carol", "hdfs", "dora@example.org"]) as clients:
        jobs = {user: submit(clients[user], as_, witness.command(as_)) for user, as_ in RUNNERS.items()}
        refused = submit(clients["carol"], "carol", ["true"])
        nobodys = {who: submit(clients[who], who[:4], ["true"]) for who in ("hdfs", "dora@example.org")}
        until(lambda: len(witness.begun()) == len(RUNNERS), SLOW)
        handles = {RUNNERS[user]: f"sub-{job.id}-1" for user, job in jobs.items()}
        _are_their_own(hadoop, staging, handles)

        told = ended(clients["carol"], refused.id, SLOW)
        assert (told.state, told.reason) == ("failed", "rejected")
        assert "does not let submarine act for carol" in str(told.message)
        assert "hadoop.proxyuser.submarine.users" in str(told.message)
        why = {who: _waiting(clients[who], job) for who, job in nobodys.items()}
        assert "hdfs is no person's account" in why["hdfs"]
        assert "'dora@example.org' is no short Unix name; an operator may say" in why["dora@example.org"]

        server.stop(signal.SIGKILL)
        witness.open(*handles)
        server.start()
        for user, job in jobs.items():
            found = ended(clients[user], job.id, SLOW)
            assert (found.state, found.attempt) == ("succeeded", 1), clients[user].experiments.explain(job)
            assert text(clients[user], job) == witness.log(RUNNERS[user])
            clients[user].experiments.delete(job)
        until(lambda: not owners(hadoop, staging), SLOW)
        seen = clients["alice"].clusters.get(CLUSTER)
        assert seen.health == "ok"
        assert "each as who submits it" in str(seen.capacity)
    assert witness.begun() == witness.ended() == Counter((name, 1) for name in handles)


def _waiting(client: submarine.Client, job: submarine.Experiment) -> str:
    """Return why *job* waits."""
    until(lambda: client.experiments.get(job.id).state == "queued", SLOW)
    return str(client.experiments.get(job.id).message)


def _are_their_own(hadoop: HadoopCluster, staging: str, handles: dict[str, str]) -> None:
    """Assert that HDFS and YARN take the attempts for their users', and let no other look into them."""
    assert owners(hadoop, staging) == {handle: user for user, handle in handles.items()}
    for user, handle in handles.items():
        folder = f"{staging}/{handle}"
        assert set(owners(hadoop, folder).values()) == {user}
        assert {app["user"] for app in applications(hadoop, handle)} == {user}
        (stranger,) = set(handles) - {user}
        for who, status in ((user, 200), (stranger, FORBIDDEN), ("submarine", FORBIDDEN)):
            assert asked(hadoop, who, "LISTSTATUS", folder) == status
            assert asked(hadoop, who, "GETFILESTATUS", f"{folder}/job.json") == status


@pytest.mark.chaos
@pytest.mark.parametrize("form", ["service", "shell"])
def test_what_no_record_wants_of_each_is_ended_as_them(
    hadoop: HadoopCluster, serve: Serve, witness: Witness, staging: str, form: str
) -> None:
    lost = serve(each_table(hadoop, staging, form=form))
    with people(lost, ["alice", "bob"]) as clients:
        jobs = {}
        for user, client in clients.items():
            for kind in ("whole", "bare"):
                jobs[user, kind] = submit(client, f"{user}-{kind}", witness.command(f"{user}-{kind}"))
        until(lambda: len(witness.begun()) == len(jobs), SLOW)
        lost.stop(signal.SIGKILL)
    for (_, kind), job in jobs.items():
        if kind == "bare":  # as where a server died while it removed them
            hadoop.as_root("DELETE", "DELETE", f"{staging}/sub-{job.id}-1", recursive="true")

    server = serve(each_table(hadoop, staging, form=form) + SWEEP)  # whose records know nothing of them
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        until(lambda: _orphans(client), SLOW)
        until(lambda: not any(_living(hadoop, f"sub-{job.id}-1") for job in jobs.values()), SLOW)
        until(lambda: not any(witness.living(f"{user}-{kind}") for user, kind in jobs), SLOW)
        until(lambda: not owners(hadoop, staging), SLOW)
        server.restart()  # what is left in the homes is cleared at once
        for user in ("alice", "bob"):
            until(lambda: not _kept(hadoop, user, [f"sub-{job.id}-1" for job in jobs.values()]), SLOW)  # noqa: B023
        until(lambda: not _orphans(client), SLOW)
    assert not witness.ended()


@pytest.mark.chaos
def test_strangers_forge_block_and_end_nothing(
    hadoop: HadoopCluster, serve: Serve, witness: Witness, staging: str
) -> None:
    server = serve(each_table(hadoop, staging))
    with people(server, ["alice"]) as clients:
        client = clients["alice"]
        job = submit(client, "job", witness.command("job"), retry={"limit": 1, "on": ["lost", "failed"]})
        until(lambda: witness.begun()["job", 1], SLOW)
        first, second = (f"sub-{job.id}-{attempt}" for attempt in (1, 2))
        plan = _get(hadoop, "alice", f"{staging}/{first}/plan.json")
        for handle in (second, f"sub-{secrets.token_hex(13)}-1"):
            _put(hadoop, "bob", f"{staging}/{handle}/plan.json", plan)
            end = {"verdict": {"phase": "succeeded"}, "replicas": []}
            _put(hadoop, "bob", f"{staging}/{handle}/closing.json", json.dumps(end).encode())
        for operation in ("DELETE", "RENAME"):
            assert _touch(hadoop, "bob", operation, f"{staging}/{first}") == FORBIDDEN
            assert _touch(hadoop, "bob", operation, f"{staging}/.seal") == FORBIDDEN
        server.stop(signal.SIGKILL)
        server.start()
        (application,) = applications(hadoop, first)
        ask(hadoop, f"/ws/v1/cluster/apps/{application['id']}/state", "PUT", {"state": "KILLED"})
        found = ended(client, job.id, SLOW)
        assert (found.state, found.reason) == ("failed", "rejected"), client.experiments.explain(job)
        assert f"{staging}/{second} on HDFS was made by bob" in str(found.message)
        with submarine.Client(server.url, server.token, retry_for=SLOW) as admin:
            assert admin.clusters.get(CLUSTER).health == "ok"
            assert not _orphans(admin)
        witness.open("next")
        again = submit(client, "next", witness.command("next"))
        assert ended(client, again.id, SLOW).state == "succeeded"


@pytest.mark.parametrize("mode", ["777", "755"])
def test_a_folder_that_is_not_safe_to_share_is_told(hadoop: HadoopCluster, serve: Serve, mode: str) -> None:
    with shared(hadoop, mode) as path:
        server = serve(each_table(hadoop, path))
        with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
            until(lambda: client.clusters.get(CLUSTER).health == "unreachable", SLOW)
            reason = str(client.clusters.get(CLUSTER).reason)
            assert f"{path} on HDFS has mode {mode}; an administrator has to make it" in reason


def _orphans(client: submarine.Client) -> set[str]:
    return {each.handle for each in client.clusters.orphans(CLUSTER)}


def _living(hadoop: HadoopCluster, name: str) -> bool:
    found = applications(hadoop, name)
    return any(app["state"] not in {"FINISHED", "FAILED", "KILLED"} for app in found)


def _kept(hadoop: HadoopCluster, user: str, names: list[str]) -> set[str]:
    """Return which of the services *names* YARN keeps of *user*."""
    home = owners(hadoop, f"/user/{user}")
    there = hadoop.as_root("GET", "LISTSTATUS", f"/user/{user}")["FileStatuses"]["FileStatus"]
    if ".yarn" not in {each["pathSuffix"] for each in there}:
        return set(home) & set(names)
    return set(owners(hadoop, f"/user/{user}/.yarn/services")) & set(names)


def _url(hadoop: HadoopCluster, path: str) -> str:
    return f"{hadoop.namenodes[0]}/webhdfs/v1{path}"


def _get(hadoop: HadoopCluster, user: str, path: str) -> bytes:
    query = {"op": "OPEN", "user.name": user}
    return httpx.get(_url(hadoop, path), params=query, timeout=60, follow_redirects=True).content


def _put(hadoop: HadoopCluster, user: str, path: str, content: bytes) -> None:
    query: dict[str, Any] = {"op": "CREATE", "user.name": user, "noredirect": "true"}
    place = httpx.put(_url(hadoop, path), params=query, timeout=60).json()["Location"]
    httpx.put(place, content=content, timeout=60).raise_for_status()


def _touch(hadoop: HadoopCluster, user: str, operation: str, path: str) -> int:
    query = {"op": operation, "user.name": user, "recursive": "true", "destination": f"{path}-gone"}
    method = "DELETE" if operation == "DELETE" else "PUT"
    return httpx.request(method, _url(hadoop, path), params=query, timeout=60).status_code
