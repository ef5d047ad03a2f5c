"""Teams, projects, users, tokens, clusters: from the first to the last command."""

from __future__ import annotations

import subprocess
import sys

import pytest

import submarine
from tests.entrypoints.cli.conftest import Cli
from tests.entrypoints.sdk.commands import name
from tests.entrypoints.server import Server

PASSWORD = b"correct horse battery\n"


def test_the_life_of_a_team_a_project_and_a_user(cli: Cli) -> None:
    team, user = name("team"), name("user")
    assert cli("team", "create", team, "--description", "d").code == 0
    assert cli("team", "create", team).code == 5
    assert (
        cli("user", "create", user, "--email", "a@example.org", "--password-stdin", stdin=PASSWORD).code == 0
    )
    assert cli("team", "add", team, user, "--role", "viewer").code == 0
    members = cli("team", "members", team, "-o", "json").json()
    assert (user, "viewer") in [(m["user"], m["role"]) for m in members]
    assert cli("project", "create", f"{team}/vision").code == 0
    assert cli("project", "update", f"{team}/vision", "--description", "new").code == 0
    assert cli("project", "get", f"{team}/vision", "-o", "json").json()["description"] == "new"
    assert cli("user", "update", user, "--disable").code == 0
    assert cli("user", "get", user, "-o", "json").json()["disabled"] is True
    assert cli("team", "remove", team, user).code == 0
    assert cli("project", "delete", f"{team}/vision").code == 0
    assert cli("team", "delete", team).code == 0
    assert cli("user", "delete", user).code == 0
    for gone in (["team", "get", team], ["project", "get", f"{team}/vision"], ["user", "get", user]):
        assert cli(*gone).code == 1


def test_who_may_not_is_told_so_with_4(
    cli: Cli, client: submarine.Client, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    user = name("user")
    client.users.create(user, password=PASSWORD.decode().strip())
    with submarine.Client(server.url, "-") as other:
        monkeypatch.setenv("SUBMARINE_TOKEN", other.login(user, PASSWORD.decode().strip()).token)
    for forbidden in (["user", "create", name(), "--no-password"], ["cluster", "drain", "local"]):
        result = cli(*forbidden)
        assert result.code == 4, result.err
        assert "Next step: Ask" in result.err


def test_a_token_is_shown_once_and_can_be_used_in_a_script(cli: Cli, server: Server) -> None:
    made = name("token")
    secret = cli("token", "create", made, "--expires-in", "30d", "--scope", "read", "-o", "name").out.strip()
    with submarine.Client(server.url, secret) as client:
        assert client.me().name == "admin"
    listed = next(t for t in cli("token", "list", "-o", "json").json() if t["name"] == made)
    assert secret not in str(listed)
    assert cli("token", "delete", listed["id"]).code == 0
    with submarine.Client(server.url, secret) as client, pytest.raises(submarine.ApiError):
        client.me()
    assert cli("token", "create", name(), "--expires-in", "soon").code == 1


def test_ones_own_password_needs_the_current_one(
    cli: Cli, client: submarine.Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = name("user")
    client.users.create(user, password="correct horse battery")
    with submarine.Client(server.url, "-") as other:
        monkeypatch.setenv("SUBMARINE_TOKEN", other.login(user, "correct horse battery").token)
    wrong = cli("user", "password", "--password-stdin", stdin=b"wrong one\nanother good password\n")
    assert wrong.code != 0
    right = cli(
        "user", "password", "--password-stdin", stdin=b"correct horse battery\nanother good password\n"
    )
    assert right.code == 0, right.err
    with submarine.Client(server.url, "-") as other:
        assert other.login(user, "another good password").token


def test_a_cluster_is_drained_and_taken_up_again(cli: Cli) -> None:
    assert "draining" in cli("cluster", "drain", "local").out
    assert "draining" in cli("cluster", "list").out
    assert "ok" in cli("cluster", "resume", "local").out
    assert cli("cluster", "get", "nowhere").code == 1


def test_the_audit_tells_who_did_what(cli: Cli) -> None:
    team = name("team")
    cli("team", "create", team)
    assert team in cli("audit", "--limit", "5").out
    cli("team", "delete", team)


def test_an_admin_who_lost_every_token_gets_a_new_one_from_the_machine(
    server: Server, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = server.root / "submarine.toml"
    command = [sys.executable, "-m", "submarine.entrypoints.cli", "server", "readmit"]
    done = subprocess.run(
        [*command, "--config", str(config), "--data", str(server.data)],
        check=True,
        capture_output=True,
        text=True,
    )
    monkeypatch.setenv("SUBMARINE_TOKEN", done.stdout.strip())
    assert "admin:   yes" in cli("whoami").out
    assert "site.readmit" in cli("audit").out
