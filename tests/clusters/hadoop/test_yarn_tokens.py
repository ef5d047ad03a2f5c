"""With Kerberos a job outlives the token for HDFS that YARN gives it: it still obeys, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

import submarine
from submarine.adapters.yarn.launcher import tokens
from tests.clusters.hadoop.asking import SLOW, Witness, submit
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.settings import CLUSTER, yarn_table
from tests.clusters.output import text
from tests.end_to_end.patience import all_ended, until

pytestmark = pytest.mark.timeout(1500)

LIFE: Final = {
    "dfs.namenode.delegation.token.max-lifetime": 240_000,
    "dfs.namenode.delegation.token.renew-interval": 240_000,
    "dfs.namenode.delegation.key.update-interval": 600_000,
    "dfs.namenode.delegation.token.always-use": True,
}
"""A week, in four minutes: on a busy machine a container takes two of them to start."""
EVERY: Final = 15.0


@pytest.fixture
def brief(kerberos: HadoopCluster) -> Iterator[HadoopCluster]:
    with kerberos.told("hdfs", "nn1", LIFE):
        yield kerberos


def test_a_job_outlives_its_token_and_still_obeys(brief: HadoopCluster, serve: Serve, tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    table = yarn_table(brief, act_as="alice", token_every=EVERY, orders=1.0)
    server = serve(table, {"KRB5_CONFIG": str(brief.realm)})
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        until(lambda: client.clusters.get(CLUSTER).health == "ok", SLOW)
        stays, goes = (submit(client, name, witness.command(name)) for name in ("stays", "goes"))
        until(lambda: len(witness.begun()) == 2, SLOW)
        mine = [_given(brief, pid) for name in ("stays", "goes") for pid in witness.living(name)]
        until(lambda: all(_expired(brief, token) for token in mine), 2 * SLOW)

        client.experiments.suspend(stays)
        until(lambda: client.experiments.get(stays.id).state == "suspended", SLOW)
        client.experiments.resume(stays)
        until(lambda: client.experiments.get(stays.id).state == "running", SLOW)
        client.experiments.cancel(goes)
        witness.open("stays")
        found = all_ended(client, {"stays", "goes"}, SLOW)
        assert {name: (e.state, e.reason) for name, e in found.items()} == {
            "stays": ("succeeded", ""),
            "goes": ("cancelled", "cancelled"),
        }
        assert text(client, stays) == witness.log("stays")
        for experiment in (stays, goes):
            client.experiments.delete(experiment)
    assert witness.begun() == Counter([("stays", 1), ("goes", 1)])


def _given(cluster: HadoopCluster, pid: int) -> str:
    """Return the token that YARN gave to the container of the process *pid*."""
    told = dict(
        line.split("=", 1) for line in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in line
    )
    token = tokens.hdfs(told)
    assert token is not None
    assert not _expired(cluster, token)
    return token


def _expired(cluster: HadoopCluster, token: str) -> bool:
    """Tell whether HDFS takes *token* no more."""
    query = urlencode({"op": "GETFILESTATUS", "delegation": token})
    answer = subprocess.run(
        ["curl", "-sS", "--max-time", "60", f"{cluster.namenodes[0]}/webhdfs/v1/user/alice?{query}"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert "FileStatus" in answer.stdout or "InvalidToken" in answer.stdout, answer.stdout
    return "InvalidToken" in answer.stdout
