"""Runs a benchmark in its tiny size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

from tests.wheels import ROOT


def tiny(
    name: str, variables: Mapping[str, str] = MappingProxyType({}), *, patience: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run the benchmark *name* with *variables* in its environment, for *patience* seconds at most."""
    return subprocess.run(
        [sys.executable, "-m", "bench", "--tiny", "--json", "--only", name],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )


def hold(said: str) -> None:
    """See that every figure in *said* stands against a limit."""
    findings = json.loads(said)["findings"]
    assert findings
    for finding in findings:
        assert finding["ours"] > 0, finding
        assert finding["limit"] > 0, finding
        assert finding["limit_name"], finding
