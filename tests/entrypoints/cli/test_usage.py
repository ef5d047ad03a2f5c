"""Every command, as a new user would misuse it: a sentence, the right exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from submarine.entrypoints.cli import reference
from tests.entrypoints.cli.commands import ALL, ONLINE, SAMPLES
from tests.entrypoints.cli.conftest import Cli
from tests.entrypoints.faulty import FaultyProxy, answer


def arguments(name: str) -> list[str]:
    return [*name.split(), *SAMPLES.get(name, [])]


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from submarine.entrypoints.cli.__main__ import run; run(['--help']);"
        "heavy = ('httpx', 'rich', 'yaml', 'pydantic', 'asyncio', 'plotext', 'aiohttp');"
        "print([m for m in heavy if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ALL)
def test_every_command_explains_itself(offline: Cli, name: str) -> None:
    result = offline(*name.split(), "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: submarine {name}")
    assert len(result.out.split("\n\n")[1].strip()) > 10


@pytest.mark.parametrize("name", ALL)
def test_every_command_refuses_options_it_does_not_know(offline: Cli, name: str) -> None:
    result = offline(*name.split(), "--nonsense")
    assert result.code == 2
    assert "--nonsense" in result.err


@pytest.mark.parametrize("name", [n for n, c in ALL.items() if not any(p.nargs == -1 for p in c.params)])
def test_every_command_refuses_what_is_too_much(offline: Cli, name: str) -> None:
    result = offline(*arguments(name), "surplus", "surplus", "surplus")
    assert result.code == 2
    assert "unexpected extra argument" in result.err


@pytest.mark.parametrize(
    "name", [n for n in SAMPLES if n not in ("login", "experiment watch", "user password")]
)
def test_every_command_says_what_it_misses(offline: Cli, name: str) -> None:
    result = offline(*name.split())
    assert result.code == 2
    assert "Missing" in result.err


@pytest.mark.parametrize("name", ONLINE)
def test_without_a_server_the_next_step_is_to_log_in(offline: Cli, name: str) -> None:
    result = offline(*arguments(name), stdin=b"command: [ls]\n")
    assert result.code == 1
    assert "no server is configured" in result.err
    assert "Next step: Run `submarine login" in result.err


@pytest.mark.parametrize("name", ONLINE)
def test_with_a_wrong_token_nothing_is_allowed(cli: Cli, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBMARINE_TOKEN", "sub_wrong")
    result = cli(*arguments(name), stdin=b"command: [ls]\n")
    assert result.code == 4, result.err
    assert result.err.startswith("Error: ")
    assert "Next step: Log in again" in result.err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["exprement"], "Did you mean experiment"),
        (["experiment", "submti"], "Did you mean submit"),
        (["ps", "--al"], "--all"),
        (["frobnicate"], "There is apply"),
        (["experiment", "list", "--state", "runing"], "Did you mean running?"),
        (["experiment", "list", "-o", "jsn"], "Did you mean json"),
        (["team", "add", "t", "u", "--role", "maintaner"], "Did you mean maintainer?"),
    ],
)
def test_a_slip_of_the_finger_is_answered_with_what_was_meant(
    offline: Cli, arguments: list[str], hint: str
) -> None:
    result = offline(*arguments)
    assert result.code == 2
    assert hint in result.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["logs", "x", "--tail", "-1"], "-1 is not in the range"),
        (["logs", "x", "--tail", "1", "--offset", "2"], "either at --offset"),
        (["logs", "x", "--all", "--index", "2"], "leave out --role"),
        (["logs", ""], "named by its id or its name"),
        (["apply", "-f", "-", "--timeout", "3m"], "give --wait too"),
        (["experiment", "submit", "--timeout", "3 parsecs", "--wait", "--", "ls"], "not a duration"),
        (["experiment", "submit", "-p", "novalue", "--", "ls"], "'novalue' is not K=V"),
        (["experiment", "submit", "-e", "=x", "--", "ls"], "'=x' is not K=V"),
        (["experiment", "submit", "-e", "SURELY_NOT_SET", "--", "ls"], "SURELY_NOT_SET is not set here"),
        (
            ["experiment", "submit", "--image", "i", "--package", "p", "--", "ls"],
            "either --image or --package",
        ),
        (["experiment", "submit", "--replicas", "0", "--", "ls"], "0 is not in the range"),
        (["experiment", "clone", "x", "--set", "lr"], "'lr' is not PATH=VALUE"),
        (["experiment", "clone", "x", "--set", "a=1", "--set", "a.b=2"], "goes through a value"),
        (["experiment", "clone", "x", "--set", "a=[1"], "not valid YAML"),
        (["experiment", "tag", "x"], "Name a tag"),
        (["experiment", "metrics", "x", "a", "b"], "--plot takes several"),
        (["experiment", "artifacts", "upload", "x", "/no/such/file"], "does not exist"),
        (["login", "--url", "http://x", "--token", "t", "--username", "u"], "either --token or"),
        (["login", "--url", "http://x"], "nobody to ask: use --username"),
        (["login", "--url", "http://x", "--token", ""], "not a token"),
        (["context", "set", "x"], "Say what to set"),
        (["user", "create", "x"], "use --password-stdin"),
        (["user", "update", "x"], "Say what to change"),
        (["project", "create", "a/b", "--team", "c"], "name two teams"),
        (["server", "start", "--port", "70000"], "70000 is not in the range"),
        (["server", "start", "--set", "x"], "'x' is not KEY=VALUE"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
    ],
)
def test_wrong_values_are_named_before_the_server_is_asked(
    offline: Cli, arguments: list[str], reason: str
) -> None:
    result = offline(*arguments)
    assert result.code == 2, result.err
    assert reason in result.err.replace("\n", " ")


def test_a_server_that_is_away_is_a_sentence(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("submarine.entrypoints.cli.session.PATIENCE", 0.0)
    result = offline("--url", "http://127.0.0.1:9", "ps")
    assert result.code == 1
    assert result.err.startswith("Error: cannot reach http://127.0.0.1:9")
    assert "Next step" in result.err


def test_a_client_that_is_too_old_is_told_which_side_to_upgrade(
    cli: Cli, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = b'{"version": "9.1", "min_client": "9.0"}'
    problem = b'{"code": "invalid", "detail": "fields: unknown"}'
    proxy.faults += [answer(422, problem), answer(200, info)]
    monkeypatch.setenv("SUBMARINE_URL", proxy.url)
    result = cli("ps")
    assert result.code == 1
    assert "the server (9.1) wants 9.0 or newer: upgrade the client" in result.err


def test_a_bug_is_a_sentence_too_and_debug_shows_where(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr("submarine.entrypoints.sdk.contexts.load", broken)
    result = offline("context", "list")
    assert result.code == 1
    assert "this should not happen (ZeroDivisionError: by design)" in result.err
    environment = {**os.environ, "SUBMARINE_DEBUG": "1", "SUBMARINE_URL": "x"}
    command = [sys.executable, "-m", "submarine.entrypoints.cli", "ps"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" in shown.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = (
        f"{sys.executable} -m submarine.entrypoints.cli completion bash | head -c 1; echo ${{PIPESTATUS[0]}}"
    )
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in shown.stderr
    assert "Error" not in shown.stderr


def test_the_reference_is_up_to_date() -> None:
    stale = reference.PAGE.read_text() != reference.page()
    assert not stale, "run python -m submarine.entrypoints.cli.reference"


def test_the_version_is_told(offline: Cli) -> None:
    assert offline("--version").out.startswith("submarine, version 0.")
