"""The benchmark on YARN still runs, in a size that takes a minute and whose figures mean nothing."""

from __future__ import annotations

import pytest

from bench.hadoop.place import RUNNING
from tests.bench.tiny import hold, tiny
from tests.clusters.hadoop.cluster import HadoopCluster

PATIENCE = 900.0


@pytest.mark.chaos
@pytest.mark.timeout(2 * PATIENCE)
def test_the_bench_runs_and_sets_every_figure_against_a_limit(plain_hadoop: HadoopCluster) -> None:
    ran = tiny("hadoop", {RUNNING: str(plain_hadoop.run_dir)}, patience=PATIENCE)
    assert ran.returncode == 0, ran.stderr[-4000:]
    hold(ran.stdout)
