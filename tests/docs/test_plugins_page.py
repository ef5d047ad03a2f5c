"""The plugin that the documentation shows can be written, installed and proved as it says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import types
from pathlib import Path

import pytest

from submarine.core.ports.placement import Candidate, Request
from submarine.core.workloads.resources import Resources
from tests.docs.console import blocks

PAGE = Path(__file__).parents[2] / "docs/how-to/plugins.md"


def shown(words: str) -> str:
    return next(block.body for block in blocks(PAGE) if words in block.body)


def candidate(name: str, site: str) -> Candidate:
    nothing = Resources()
    labels = {"site": site}
    return Candidate(
        cluster=name, labels=labels, total=nothing, free=nothing, running=0, project_running=0, order=0
    )


def test_the_policy_of_the_page_ranks_by_its_label() -> None:
    module = types.ModuleType("nearest")
    exec(shown("class Nearest"), vars(module))
    (policy,) = module.submarine_policies()
    request = Request(resources=Resources(), options={"site": "b"})
    ranked = policy.rank(request, [candidate("far", "a"), candidate("near", "b")])
    assert [(choice.cluster, choice.reason) for choice in ranked] == [
        ("near", "is in b"),
        ("far", "is not in b"),
    ]


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """Install the page's package beside the server, and return the environment in which it is found."""
    source, site = tmp_path / "nearest", tmp_path / "site"
    source.mkdir()
    (source / "pyproject.toml").write_text(shown("[build-system]"))
    (source / "nearest.py").write_text(shown("class Nearest"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True)
    return {
        **os.environ,
        "PYTHONPATH": str(site),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


@pytest.mark.timeout(300)
def test_every_command_of_the_page_that_tests_a_plugin_succeeds(installed: dict[str, str]) -> None:
    lines = [line for block in blocks(PAGE) for line in block.body.splitlines()]
    commands = [line[2:] for line in lines if line.startswith("$ submarine plugin test")]
    assert len(commands) == 5
    for command in commands:
        ran = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False, env=installed)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
        assert " kept" in ran.stdout.splitlines()[-1]


def test_what_the_page_says_breaks_is_what_breaks(installed: dict[str, str], tmp_path: Path) -> None:
    module = tmp_path / "site/nearest.py"
    module.write_text(module.read_text().replace("if unknown := ", "if False and "))
    command = ["submarine", "plugin", "test", "nearest"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=installed)
    broken = [line.split("  ")[1].strip() for line in ran.stdout.splitlines() if line.startswith("broken")]
    assert (ran.returncode, broken) == (1, ["options it cannot read are refused"])
