"""Servers and tokens are kept for their owner alone, and nothing gets lost."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.entrypoints.sdk import contexts
from submarine.entrypoints.sdk.connection import resolve
from submarine.entrypoints.sdk.contexts import Context
from submarine.entrypoints.sdk.errors import ConfigurationError

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(TEXT, st.tuples(TEXT, TEXT, TEXT), max_size=3))
def test_any_text_survives(entries: dict[str, tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        with contexts.editing(path) as box:
            for name, (url, token, project) in entries.items():
                box[0] = box[0].with_context(name, Context(url, token, project), use=True)
        expected = {n: Context(*members) for n, members in entries.items()}
        assert contexts.load(path).by_name == expected


def test_only_the_owner_can_read_the_file() -> None:
    with contexts.editing() as box:
        box[0] = box[0].with_context("a", Context("http://x", "secret"), use=True)
    path = contexts.config_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with contexts.editing() as box:
        box[0] = box[0].with_context("b", Context("http://y"), use=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_logins_at_once_are_both_kept() -> None:
    def login(name: str) -> None:
        with contexts.editing() as box:
            box[0] = box[0].with_context(name, Context(f"http://{name}"), use=False)

    threads = [threading.Thread(target=login, args=(f"c{i}",)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contexts.load().by_name) == 12


def test_a_damaged_file_is_named() -> None:
    path = contexts.config_file()
    path.parent.mkdir(parents=True)
    path.write_text("contexts = [")
    with pytest.raises(ConfigurationError, match=str(path)):
        contexts.load()


def stored(**entries: Context) -> None:
    with contexts.editing() as box:
        for name, context in entries.items():
            box[0] = box[0].with_context(name, context, use=not box[0].current)


def test_arguments_win_over_the_environment_and_that_over_the_file() -> None:
    stored(a=Context("http://a", "ta", "pa"), b=Context("http://b", "tb"))
    assert resolve(environ={}).url == "http://a"
    assert resolve(environ={"SUBMARINE_CONTEXT": "b"}).token == "tb"
    from_environment = resolve(environ={"SUBMARINE_URL": "http://e", "SUBMARINE_TOKEN": "te"})
    assert (from_environment.url, from_environment.token) == ("http://e", "te")
    assert resolve("http://arg", "targ", environ={"SUBMARINE_URL": "http://e"}).url == "http://arg"
    assert resolve(context="b", environ={"SUBMARINE_URL": "http://e"}).url == "http://b"


def test_every_setting_tells_where_it_comes_from() -> None:
    stored(a=Context("http://a", "ta"))
    origins = resolve(environ={"SUBMARINE_TOKEN": "t"}).origins
    assert origins["url"].endswith("config.toml")
    assert origins["token"] == "SUBMARINE_TOKEN"
    assert origins["project"] == "nowhere"


def test_a_token_is_not_sent_to_another_server() -> None:
    stored(a=Context("http://a", "secret", "p"))
    assert resolve("http://evil", environ={}).token == ""
    assert resolve("http://a/", environ={}).token == "secret"


@pytest.mark.parametrize(
    "url", ["localhost:8080", "ftp://x", "http://", "http://x:99999", "x", "http://[::1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a server's address"):
        resolve(url, environ={})


def test_without_anything_the_next_step_is_to_log_in() -> None:
    with pytest.raises(ConfigurationError, match="submarine login"):
        resolve(environ={})


def test_a_context_that_is_not_there_is_named_with_those_that_are() -> None:
    stored(a=Context("http://a"))
    with pytest.raises(ConfigurationError, match=r"no context 'b'.*there is a"):
        resolve(context="b")
