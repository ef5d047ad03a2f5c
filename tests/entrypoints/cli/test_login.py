"""Logging in and out, and choosing between servers."""

from __future__ import annotations

import stat

import pytest

import submarine
from submarine.entrypoints.sdk import contexts
from tests.entrypoints.cli.conftest import Cli
from tests.entrypoints.sdk.commands import name
from tests.entrypoints.server import Server

PASSWORD = "correct horse battery"


@pytest.fixture
def user(client: submarine.Client) -> str:
    found = name("user")
    client.users.create(found, password=PASSWORD)
    return found


def test_a_password_becomes_a_context_that_logout_revokes(offline: Cli, server: Server, user: str) -> None:
    result = offline(
        "login", "--url", server.url, "--username", user, "--password-stdin", stdin=PASSWORD.encode() + b"\n"
    )
    assert result.code == 0, result.err
    assert stat.S_IMODE(contexts.config_file().stat().st_mode) == 0o600
    assert offline("whoami", "-o", "json").json()["name"] == user
    token = contexts.load().by_name["default"].token
    assert token not in offline("context", "show").out
    assert token not in offline("context", "list", "-o", "json").out
    assert offline("logout").code == 0
    with submarine.Client(server.url, token) as old, pytest.raises(submarine.ApiError):
        old.me()
    again = offline("logout")
    assert again.code == 1
    assert "not logged in" in again.err


def test_a_wrong_password_is_not_allowed_and_changes_nothing(offline: Cli, server: Server, user: str) -> None:
    result = offline("login", "--url", server.url, "--username", user, "--password", "wrong")
    assert result.code == 4
    assert contexts.load().by_name == {}


def test_a_token_given_is_kept_by_logout_on_the_server(
    offline: Cli, server: Server, client: submarine.Client
) -> None:
    made = client.tokens.create(name("token"))
    assert offline("login", "--url", server.url, "--token", "-", stdin=f"{made.token}\n".encode()).code == 0
    assert offline("logout").code == 0
    with submarine.Client(server.url, made.token) as still:
        assert still.me().name


def test_a_wrong_token_changes_nothing(offline: Cli, server: Server) -> None:
    assert offline("login", "--url", server.url, "--token", "sub_wrong").code == 4
    assert contexts.load().by_name == {}


def test_several_servers(offline: Cli, server: Server) -> None:
    assert offline("login", "--url", server.url, "--token", server.token, "--project", "p").code == 0
    assert offline("context", "set", "other", "--url", "http://other:1", "--token", "t").code == 0
    assert [c["name"] for c in offline("context", "list", "-o", "json").json()] == ["default", "other"]
    assert offline("context", "use", "other").code == 0
    shown = offline("context", "show", "--origin").out
    assert "http://other:1" in shown
    assert "config.toml" in shown
    assert offline("--context", "default", "whoami").code == 0
    assert offline("context", "delete", "other").code == 0
    assert offline("context", "show").code == 1
    assert offline("context", "use", "other").code == 1


def test_the_environment_wins_over_the_file(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    offline("context", "set", "a", "--url", "http://a:1", "--token", "ta")
    monkeypatch.setenv("SUBMARINE_URL", "http://b:1")
    shown = offline("context", "show", "--origin").out
    assert "http://b:1  (from SUBMARINE_URL)" in shown
    assert "token:    -" in shown


def test_a_context_that_moves_to_another_server_forgets_its_token(offline: Cli) -> None:
    offline("context", "set", "a", "--url", "http://a:1", "--token", "secret")
    offline("context", "set", "a", "--project", "p")
    assert contexts.load().by_name["a"].token == "secret"
    offline("context", "set", "a", "--url", "http://b:1")
    assert contexts.load().by_name["a"].token == ""


def test_an_address_that_is_none_is_refused(offline: Cli) -> None:
    assert offline("context", "set", "a", "--url", "nonsense").code == 1
    assert offline("login", "--url", "nonsense", "--token", "t").code == 1
    assert offline("--url", "ftp://x", "ps").code == 1
