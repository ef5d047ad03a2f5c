"""The benchmark on Kubernetes still runs, in a size that takes a minute and whose figures mean nothing."""

from __future__ import annotations

from bench.kubernetes.played import RUNNING
from tests.bench.tiny import hold, tiny
from tests.clusters.kubernetes.cluster import KubernetesCluster


def test_the_bench_runs_and_sets_every_figure_against_a_limit(scale_cluster: KubernetesCluster) -> None:
    ran = tiny("kubernetes", {RUNNING: str(scale_cluster.run_dir)})
    assert ran.returncode == 0, ran.stderr[-4000:]
    hold(ran.stdout)
