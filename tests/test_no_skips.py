"""Continuous integration forgives no skip, and names each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SKIPS = """
import pytest

def test_skips():
    pytest.skip("no PostgreSQL here")

@pytest.mark.xfail(reason="known", strict=True)
def test_is_waived_out_loud():
    raise AssertionError

def test_passes():
    pass
"""

SKIPS_WHOLE = "import pytest\npytest.skip('needs a cluster', allow_module_level=True)"


def run_pytest(folder: Path, ci: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (folder / "test_some.py").write_text(SKIPS)
    (folder / "test_whole.py").write_text(SKIPS_WHOLE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_skip_fails_the_run_and_is_named(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "true", "--continue-on-collection-errors")
    assert run.returncode == 1
    assert "no PostgreSQL here (CI allows no skip)" in run.stdout
    assert "needs a cluster (CI allows no skip)" in run.stdout
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in run.stdout


def test_a_developer_may_skip(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, "")
    assert run.returncode == 0, run.stdout
    assert "1 passed, 2 skipped, 1 xfailed" in run.stdout
