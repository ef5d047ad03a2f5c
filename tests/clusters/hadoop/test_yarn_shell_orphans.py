"""Where the services API is off, what no record wants any more is ended all the same."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

import pytest

import submarine
from tests.clusters.hadoop.asking import SLOW, Witness, applications, submit
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.conftest import Serve
from tests.clusters.hadoop.settings import CLUSTER, yarn_table
from tests.end_to_end.patience import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SWEEP: Final = "[limits]\norphan_grace = 1.0\n"
OTHERS: Final = "/user/submarine/others"
"""The staging folder of a server that has nothing to do with ours, on the same account."""


def test_what_a_forgetful_server_left_is_swept_and_anothers_runs_on(
    bare_hadoop: HadoopCluster, serve: Serve, tmp_path: Path
) -> None:
    witness = Witness(tmp_path)
    theirs = serve(yarn_table(bare_hadoop, staging=OTHERS))
    lost = serve(yarn_table(bare_hadoop))
    with (
        submarine.Client(theirs.url, theirs.token, retry_for=SLOW) as others,
        submarine.Client(lost.url, lost.token, retry_for=SLOW) as client,
    ):
        foreign = submit(others, "foreign", witness.command("foreign"))
        jobs = [submit(client, name, witness.command(name)) for name in ("whole", "mere")]
        whole, mere = handles = [f"sub-{job.id}-1" for job in jobs]
        until(lambda: len(witness.begun()) == 3, SLOW)
        lost.stop(signal.SIGKILL)
        bare_hadoop.as_root("DELETE", "DELETE", f"/user/submarine/.submarine/{mere}", recursive="true")

        server = serve(yarn_table(bare_hadoop) + SWEEP)  # whose records know nothing of them
        with submarine.Client(server.url, server.token, retry_for=SLOW) as ours:
            until(lambda: whole in _orphans(ours), SLOW)
            server.restart()  # the next sweep comes at once
            until(lambda: not any(_living(bare_hadoop, handle) for handle in handles), SLOW)
            until(lambda: not any(witness.living(name) for name in ("whole", "mere")), SLOW)
            until(lambda: not _orphans(ours), SLOW)
        assert _living(bare_hadoop, f"sub-{foreign.id}-1")
        assert witness.living("foreign")
        assert not witness.ended()
        witness.open("foreign")
        until(lambda: others.experiments.get(foreign.id).state == "succeeded", SLOW)


def _orphans(client: submarine.Client) -> set[str]:
    return {each.handle for each in client.clusters.orphans(CLUSTER)}


def _living(cluster: HadoopCluster, name: str) -> list[str]:
    found = applications(cluster, name)
    return [app["id"] for app in found if app["state"] not in {"FINISHED", "FAILED", "KILLED"}]
