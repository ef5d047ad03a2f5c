"""The script of a role finds a Python for the launcher, or says by its exit code that there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from submarine.adapters.yarn.script import KIT, LAUNCHER, NO_PYTHON, script


def run(folder: Path, *pythons: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script("sub-x-1", "worker", pythons)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_first_python_that_will_do_runs_the_launcher(tmp_path: Path) -> None:
    package = tmp_path / KIT / LAUNCHER.replace(".", "/")
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("import sys; print(sys.executable, sys.argv[1:])")
    linked = tmp_path / "it's a python"
    linked.symlink_to(sys.executable)
    done = run(tmp_path, "/no/such/python3", "false", str(linked), "true")
    assert done.stdout == f"{linked} ['job.json']\n", done


def test_a_node_without_python_says_so_by_its_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "/no/such/python3", "false").returncode == NO_PYTHON
