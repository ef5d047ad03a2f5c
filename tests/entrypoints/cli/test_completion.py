"""Completion: commands, options and experiments, within 0.3 s."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

import submarine
from submarine.entrypoints.cli.references import BUDGET, _asked
from tests.entrypoints.cli.conftest import Cli
from tests.entrypoints.sdk.commands import shell
from tests.entrypoints.server import Server


def completed(line: str, **environment: str) -> list[str]:
    """Return what bash would offer after *line*."""
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_SUBMARINE_COMPLETE": "bash_complete"}
    found = subprocess.run(
        [sys.executable, "-m", "submarine.entrypoints.cli"],
        env={**os.environ, **asked, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in found.stderr
    return [line.split(",", 1)[1] for line in found.stdout.splitlines() if line]


def test_commands_options_and_values_are_completed() -> None:
    assert "experiment" in completed("submarine exp")
    assert completed("submarine experiment wa") == ["watch"]
    assert "--follow" in completed("submarine logs --fo")
    assert completed("submarine experiment list --state sus") == ["suspended"]


def test_experiments_are_completed_from_the_server(server: Server, client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true"))
    known = {"SUBMARINE_URL": server.url, "SUBMARINE_TOKEN": server.token}
    assert completed(f"submarine logs {found.name[:8]}", **known) == [found.name]
    assert found.name in completed("submarine experiment cancel t-", **known)


def test_without_a_server_nothing_is_offered_and_nothing_is_said() -> None:
    assert completed("submarine logs x") == []
    assert completed("submarine logs x", SUBMARINE_URL="http://127.0.0.1:9") == []


def test_a_server_that_hangs_costs_no_more_than_the_budget() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        assert _asked(f"http://127.0.0.1:{silent.getsockname()[1]}", None) == []
        assert time.monotonic() - begun < BUDGET + 5


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_script_is_one_its_shell_understands(offline: Cli, name: str) -> None:
    script = offline("completion", name).out
    assert "_SUBMARINE_COMPLETE" in script
    if (program := shutil.which(name)) is not None:
        subprocess.run([program, "-n"], input=script, text=True, check=True)
