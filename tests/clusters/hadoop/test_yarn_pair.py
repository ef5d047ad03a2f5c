"""Of two ResourceManagers and two NameNodes either may die in mid-run: nothing is lost or doubled."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

import submarine
from tests.clusters.hadoop.asking import SLOW, Witness, health, submit
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.settings import CLUSTER, yarn_table
from tests.clusters.output import steps, text
from tests.end_to_end.patience import all_ended, until

pytestmark = pytest.mark.timeout(1200)

LINES = 20


def test_a_pair_fails_over_and_comes_back(ha_hadoop: HadoopCluster, serve: Serve, tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    server = serve(yarn_table(ha_hadoop))
    names = ["before", "meanwhile", "unheard"]
    with submarine.Client(server.url, server.token, retry_for=SLOW) as client:
        try:
            submit(client, "before", witness.command("before", lines=LINES, metric="loss"))
            until(lambda: witness.begun()["before", 1], SLOW)
            for pair in (("rm1", "rm2"), ("nn1", "nn2")):
                ha_hadoop.kill(_active(ha_hadoop, pair))
                until(partial(_active, ha_hadoop, pair), SLOW)
                until(lambda: health(client) == "ok", SLOW)
                ha_hadoop.mend()
            submit(client, "meanwhile", witness.command("meanwhile"))
            until(lambda: witness.begun()["meanwhile", 1], SLOW)
            for master in ("rm1", "rm2"):
                ha_hadoop.kill(master)
            until(lambda: health(client) == "unreachable", SLOW)
            assert "ResourceManager" in str(client.clusters.get(CLUSTER).reason)
            submit(client, "unheard", witness.command("unheard"))
            witness.open(*names)
            until(lambda: len(witness.ended()) == 2, SLOW)
        finally:
            ha_hadoop.mend()
        found = all_ended(client, set(names), SLOW)
        assert {(e.state, e.attempt) for e in found.values()} == {("succeeded", 1)}
        for name, experiment in found.items():
            assert text(client, experiment) == witness.log(name, LINES if name == "before" else 5)
        assert steps(client, found["before"], LINES) == list(range(LINES))
    assert witness.begun() == witness.ended() == Counter((name, 1) for name in names)


def _active(hadoop: HadoopCluster, pair: Sequence[str]) -> str:
    """Return which daemon of *pair* says that it is active, nothing if none does."""
    key = "resourcemanagers" if pair[0] == "rm1" else "namenodes"
    path, word = (
        ("/ws/v1/cluster/info", '"haState":"ACTIVE"')
        if key == "resourcemanagers"
        else ("/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus", '"State" : "active"')
    )
    for daemon, url in zip(pair, hadoop.endpoints[key], strict=True):
        command = ["curl", "-s", "--max-time", "10", f"{url}{path}"]
        if word in subprocess.run(command, capture_output=True, text=True, check=False).stdout:
            return daemon
    return ""
