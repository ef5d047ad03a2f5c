"""Every benchmark still runs, in a size that takes seconds and whose figures mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import BENCHES, ON_CLUSTERS
from tests.bench.tiny import hold, tiny


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [name for name in BENCHES if name not in ON_CLUSTERS])
def test_a_bench_runs_and_sets_every_figure_against_a_limit(name: str) -> None:
    ran = tiny(name)
    assert ran.returncode == 0, ran.stderr[-4000:]
    hold(ran.stdout)


def test_a_bench_whose_cluster_cannot_be_had_says_so(tmp_path: Path) -> None:
    ran = tiny("kubernetes", {"SUBMARINE_CACHE": str(tmp_path)})
    assert ran.returncode == 1
    assert "kubernetes is left out, for it needs root and a cluster: Kubernetes is not built" in ran.stderr
    assert "Traceback" not in ran.stderr
