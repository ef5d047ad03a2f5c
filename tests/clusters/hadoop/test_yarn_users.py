"""With Kerberos jobs run as whom the server acts for, and outlive its tickets."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

import submarine
from tests.clusters.hadoop.asking import SLOW, Witness, applications, submit
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.people import each_table, owners, people, shared
from tests.clusters.hadoop.settings import yarn_table
from tests.clusters.output import steps, text
from tests.end_to_end.patience import all_ended, ended, until

pytestmark = pytest.mark.timeout(900)

USERS = ("alice", "bob")
LINES = 30
TICKETS = 30.0
"""Seconds, of which the tickets of ``brief`` live ten."""


@pytest.mark.parametrize("form", ["service", "shell"])
def test_jobs_are_their_users_own_and_outlive_tickets(
    kerberos: HadoopCluster, serve: Serve, tmp_path: Path, form: str
) -> None:
    witness = Witness(tmp_path)
    tables = [yarn_table(kerberos, user, act_as=user, form=form) for user in USERS]
    tables.append(yarn_table(kerberos, "brief", user="brief", form=form))
    tables.append(yarn_table(kerberos, "forbidden", act_as="root"))
    server = serve("\n".join(tables), {"KRB5_CONFIG": str(kerberos.realm)})
    names = (*USERS, "brief")
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        until(lambda: {client.clusters.get(name).health for name in names} == {"ok"}, SLOW)
        for name in names:
            command = witness.command(name, seconds=TICKETS, lines=LINES, metric="loss")
            submit(client, name, command, placement={"cluster": name})
        until(lambda: len(witness.begun()) == len(names), SLOW)
        witness.open(*names)
        found = all_ended(client, set(names), SLOW)
        assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
        for name, experiment in found.items():
            assert text(client, experiment) == witness.log(name, LINES)
            assert steps(client, experiment, LINES) == list(range(LINES))
            (application,) = applications(kerberos, f"sub-{experiment.id}-1")
            assert application["user"] == name
        forbidden = client.clusters.get("forbidden")
        assert forbidden.health == "unreachable"
        assert "is not allowed to impersonate root" in str(forbidden.reason)
        for experiment in found.values():
            client.experiments.delete(experiment)
        until(lambda: not any(_left(kerberos, name, form) for name in names), SLOW)
    assert witness.begun() == witness.ended() == Counter((name, 1) for name in names)


def test_each_runs_as_who_submits_it_on_one_cluster(
    kerberos: HadoopCluster, serve: Serve, tmp_path: Path
) -> None:
    witness = Witness(tmp_path)
    with shared(kerberos) as staging:
        server = serve(each_table(kerberos, staging, orders=1.0), {"KRB5_CONFIG": str(kerberos.realm)})
        with people(server, (*USERS, "carol")) as clients:
            jobs = {user: submit(clients[user], user, witness.command(user, metric="loss")) for user in USERS}
            refused = submit(clients["carol"], "carol", ["true"])
            until(lambda: len(witness.begun()) == len(USERS), SLOW)
            assert owners(kerberos, staging) == {f"sub-{job.id}-1": user for user, job in jobs.items()}
            told = ended(clients["carol"], refused.id, SLOW)
            assert (told.state, told.reason) == ("failed", "rejected")
            assert "does not let submarine act for carol" in str(told.message)
            server.stop(signal.SIGKILL)
            server.start({"KRB5_CONFIG": str(kerberos.realm)})
            witness.open(*USERS)
            for user, job in jobs.items():
                found = ended(clients[user], job.id, SLOW)
                assert (found.state, found.attempt) == ("succeeded", 1), clients[user].experiments.explain(
                    job
                )
                assert text(clients[user], job) == witness.log(user)
                (application,) = applications(kerberos, f"sub-{job.id}-1")
                assert application["user"] == user
                clients[user].experiments.delete(job)
            until(lambda: not owners(kerberos, staging), SLOW)
    assert witness.begun() == witness.ended() == Counter((user, 1) for user in USERS)


def _left(hadoop: HadoopCluster, user: str, form: str) -> list[str]:
    """Return the attempts and services of *user* on HDFS; without services there may be no folder of them."""
    folders = [f"/user/{user}/.submarine"]
    if form == "service":
        folders.append(f"/user/{user}/.yarn/services")
    found: list[str] = []
    for folder in folders:
        listed = hadoop.as_root("GET", "LISTSTATUS", folder)["FileStatuses"]["FileStatus"]
        found += [each["pathSuffix"] for each in listed if not each["pathSuffix"].startswith(".")]
    return found
