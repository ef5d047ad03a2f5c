"""Every benchmark still runs, in a size that takes seconds and whose figures mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bench.__main__ import BENCHES
from tests.wheels import ROOT


def run(name: str) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "--json", "--only", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    found: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_runs_and_sets_every_figure_against_a_limit(name: str) -> None:
    findings = run(name)
    assert findings
    for finding in findings:
        assert finding["ours"] > 0, finding
        assert finding["limit"] > 0, finding
        assert finding["limit_name"], finding
