"""Waiting, logs and watch: what is shown, and what the shell gets back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import submarine
from tests.entrypoints.cli.conftest import Cli, Terminal
from tests.entrypoints.sdk.commands import name, shell
from tests.entrypoints.server import Server

SUBMIT = ["experiment", "submit"]


@pytest.mark.parametrize(("script", "code"), [("true", 0), ("exit 3", 100)])
@pytest.mark.parametrize("how", ["--wait", "--logs"])
def test_the_exit_code_tells_the_end(cli: Cli, how: str, script: str, code: int) -> None:
    result = cli(*SUBMIT, "--name", name(), how, "--", "sh", "-c", script)
    assert result.code == code
    assert ("succeeded" if code == 0 else "failed") in result.err


def test_a_wait_that_is_over_is_101_and_leaves_it_running(cli: Cli, client: submarine.Client) -> None:
    found = name()
    assert cli(*SUBMIT, "--name", found, "--wait", "--timeout", "1s", "--", "sleep", "60").code == 101
    assert not client.experiments.get(found).ended
    client.experiments.cancel(found)
    assert cli("logs", "-f", found).code == 103


@pytest.mark.parametrize("command", [["logs", "-f"], ["experiment", "watch"]])
def test_what_is_not_there_is_102(cli: Cli, command: list[str]) -> None:
    result = cli(*command, "no-such-experiment")
    assert result.code == 102
    assert "no-such-experiment" in result.err


def test_logs_without_following_are_an_ordinary_read(cli: Cli, client: submarine.Client) -> None:
    assert cli("logs", "no-such-experiment").code == 1
    found = client.experiments.submit(shell("echo a; echo b >&2; printf 'no end'"), wait=True, timeout=60)
    assert cli("logs", found.name).out == "a\nb\nno end"
    assert cli("logs", found.name, "--tail", "1").out == "no end"
    assert cli("logs", found.name, "--offset", "2").out == "b\nno end"
    assert cli("logs", found.name, "--role", "nobody").code == 1


def test_all_replicas_are_told_apart(cli: Cli, client: submarine.Client) -> None:
    script = "for i in 1 2 3; do echo $SUBMARINE_INDEX-$i; sleep 0.1; done"
    spec = shell(script, roles={"worker": {"replicas": 2}}, resources="cpu=1m")
    found = client.experiments.submit(spec)
    for more in (["-f"], []):
        result = cli("logs", found.name, "--all", *more)
        assert result.code == 0, result.err
        expected = [f"worker-{r} | {r}-{i}" for r in (0, 1) for i in (1, 2, 3)]
        assert sorted(result.out.splitlines()) == expected


def test_watch_prints_states_where_nobody_looks(cli: Cli, client: submarine.Client) -> None:
    found = client.experiments.submit(shell("exit 3"))
    result = cli("experiment", "watch", found.name)
    assert result.code == 100
    assert "failed" in result.out.splitlines()[-1]


def start(server: Server, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "submarine.entrypoints.cli", *arguments],
        env={**os.environ, "SUBMARINE_URL": server.url, "SUBMARINE_TOKEN": server.token},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize("command", [["logs", "-f"], ["logs", "-f", "--all"], ["experiment", "watch"]])
def test_ctrl_c_leaves_it_running_and_says_so(
    server: Server, client: submarine.Client, command: list[str]
) -> None:
    found = client.experiments.submit(shell("echo on; sleep 60"))
    process = start(server, *command, found.name)
    assert process.stdout is not None
    assert process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(2)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert f"{found.name} goes on without you" in errors
    assert "Traceback" not in errors
    assert not client.experiments.get(found.id).ended
    client.experiments.cancel(found)


def test_ctrl_c_while_waiting_leaves_it_running(server: Server, client: submarine.Client) -> None:
    found = name()
    process = start(server, *SUBMIT, "--name", found, "--wait", "--", "sleep", "60")
    assert process.stderr is not None
    while "running" not in process.stderr.readline():
        pass
    process.send_signal(2)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on without you" in errors
    assert not client.experiments.get(found).ended
    client.experiments.cancel(found)


@pytest.mark.parametrize("number", [15, 9])
def test_logs_survive_a_restart_of_the_server_with_every_line_once(server: Server, number: int) -> None:
    with submarine.Client(server.url, server.token) as client:
        found = client.experiments.submit(shell("for i in $(seq 60); do echo line $i; sleep 0.05; done"))
        process = start(server, "logs", "-f", found.name)
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        thread = threading.Timer(0.5, server.restart, (0.5, number))
        thread.start()
        with process:
            out, errors = first + process.stdout.read(), process.stderr.read()
        thread.join()
    assert process.returncode == 0, errors
    assert out.splitlines() == [f"line {i}" for i in range(1, 61)]
    assert "reconnecting" in errors


def test_a_wait_survives_a_restart_of_the_server(server: Server) -> None:
    process = start(server, *SUBMIT, "--name", name(), "--wait", "--", "sleep", "2")
    assert process.stderr is not None
    while "running" not in process.stderr.readline():
        pass
    server.restart(0.5, 9)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "succeeded" in errors


def test_an_experiment_deleted_under_a_follower_is_102(
    server: Server, client: submarine.Client, cli: Cli
) -> None:
    found = client.experiments.submit(shell("sleep 60"))

    def remove() -> None:
        time.sleep(0.5)
        with submarine.Client(server.url, server.token) as other:
            other.experiments.cancel(found)
            other.experiments.wait(found, timeout=60)
            other.experiments.delete(found)

    thread = threading.Thread(target=remove)
    thread.start()
    code = cli("experiment", "watch", found.name).code
    thread.join()
    assert code in (102, 103)


def test_watching_on_a_terminal_is_a_live_table(
    terminal: Callable[..., Terminal], client: submarine.Client
) -> None:
    found = client.experiments.submit(shell("sleep 2"))
    screen = terminal("experiment", "watch", found.name)
    screen.until(lambda text: "running" in text and "worker-0" in text)
    assert screen.end() == 0
    assert "succeeded" in screen.text


def test_watching_everything_on_a_terminal(
    terminal: Callable[..., Terminal], client: submarine.Client
) -> None:
    found = client.experiments.submit(shell("sleep 60"))
    screen = terminal("experiment", "watch")
    screen.until(lambda text: found.name in text)
    screen.interrupt()
    assert screen.end() == 0
    client.experiments.cancel(found)


def test_a_terminal_has_colours_and_a_pipe_has_none(
    terminal: Callable[..., Terminal], cli: Cli, client: submarine.Client
) -> None:
    client.experiments.submit(shell("true"), wait=True, timeout=60)
    screen = terminal("ps", "-a")
    assert screen.end() == 0
    assert "\x1b[32m" in screen.text
    assert "\x1b" not in cli("ps", "-a").out


@pytest.mark.parametrize(("typed", "gone"), [("n\n", False), ("y\n", True)])
def test_a_person_is_asked_before_something_is_deleted(
    terminal: Callable[..., Terminal], client: submarine.Client, typed: str, gone: bool
) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    screen = terminal("experiment", "delete", found.name)
    screen.until(lambda text: "[y/N]" in text)
    screen.type(typed)
    assert (screen.end() == 0) is gone
    there = [e.id for e in client.experiments.list(filter=f"name = '{found.name}'")]
    assert there == ([] if gone else [found.id])


def test_a_person_is_asked_for_name_and_password(
    terminal: Callable[..., Terminal], client: submarine.Client, server: Server, tmp_path: Any
) -> None:
    user = name("user")
    client.users.create(user, password="correct horse battery")
    screen = terminal("login", "--url", server.url, XDG_CONFIG_HOME=str(tmp_path))
    screen.until(lambda text: "Username" in text)
    screen.type(f"{user}\n")
    screen.until(lambda text: "Password" in text)
    screen.type("correct horse battery\n")
    assert screen.end() == 0
    assert "battery" not in screen.text
    assert f"as {user}" in screen.text
