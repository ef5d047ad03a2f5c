"""Calls are repeated where that is harmless, and give up in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

import submarine
from submarine.entrypoints.sdk.errors import (
    Busy,
    ClientError,
    ConnectionFailed,
    Invalid,
    Unauthenticated,
    Unavailable,
)
from tests.entrypoints.faulty import LOSE, FaultyProxy, answer
from tests.entrypoints.sdk.commands import shell
from tests.entrypoints.server import Server


@pytest.fixture
def via(server: Server, proxy: FaultyProxy) -> Iterator[submarine.Client]:
    with submarine.Client(proxy.url, server.token) as client:
        yield client


def test_an_experiment_whose_answer_is_lost_is_submitted_once(
    via: submarine.Client, proxy: FaultyProxy
) -> None:
    spec = shell("true")
    proxy.faults += [LOSE, LOSE]
    found = via.experiments.submit(spec)
    same = [e for e in via.experiments.list(limit=10) if e.name == spec["name"]]
    assert [e.id for e in same] == [found.id]
    assert proxy.requests >= 3


def test_metrics_whose_answer_is_lost_are_counted_once(via: submarine.Client, proxy: FaultyProxy) -> None:
    found = via.experiments.submit(shell("sleep 30"))
    proxy.cut()
    proxy.faults += [LOSE]
    via.experiments.log_metrics(found, {"loss": 1.0})
    assert via.experiments.metrics(found)[0].count == 1
    via.experiments.cancel(found)


def test_the_servers_wish_for_a_pause_is_respected(via: submarine.Client, proxy: FaultyProxy) -> None:
    proxy.faults += [answer(429, Retry_After="1")]
    begun = time.monotonic()
    assert via.me().name
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_trouble_is_not_seen(via: submarine.Client, proxy: FaultyProxy, status: int) -> None:
    proxy.faults += [answer(status)]
    assert via.me().name


def test_notices_tell_of_repeats(server: Server, proxy: FaultyProxy) -> None:
    notices: list[str] = []
    proxy.faults += [answer(503)]
    with submarine.Client(proxy.url, server.token, notice=notices.append) as client:
        client.me()
    assert len(notices) == 1
    assert "trying again" in notices[0]


def test_patience_has_an_end(server: Server, proxy: FaultyProxy) -> None:
    proxy.faults += [answer(429, Retry_After="9")] * 5
    with submarine.Client(proxy.url, server.token, retry_for=1) as client:
        begun = time.monotonic()
        with pytest.raises(Busy) as raised:
            client.me()
    assert time.monotonic() - begun < 5
    assert raised.value.retry_after == 9


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 500])
def test_a_verdict_is_not_asked_for_twice(server: Server, proxy: FaultyProxy, status: int) -> None:
    proxy.faults += [answer(status)]
    with submarine.Client(proxy.url, server.token) as client, pytest.raises(ClientError):
        client.me()
    assert proxy.requests == 1


def test_nobody_listening_is_said_with_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        said = rf"cannot reach {url}.*submarine server start"
        with submarine.Client(url, "t", retry_for=0.5) as client, pytest.raises(ConnectionFailed, match=said):
            client.me()


def test_a_server_that_stays_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = submarine.Client(url, "t", timeout=0.3, retry_for=0)
        with client, pytest.raises(ConnectionFailed, match="did not answer in time"):
            client.me()


def test_something_that_does_not_speak_http_is_an_error_too(server: Server, proxy: FaultyProxy) -> None:
    proxy.faults += [b"SSH-2.0-OpenSSH_9.6\r\n"] * 3
    with submarine.Client(proxy.url, server.token, retry_for=0) as client, pytest.raises(ConnectionFailed):
        client.me()


def test_a_page_that_is_not_ours_says_so(server: Server, proxy: FaultyProxy) -> None:
    proxy.faults += [answer(200, b"<html>hello</html>", Content_Type="text/html")]
    with (
        submarine.Client(proxy.url, server.token) as client,
        pytest.raises(ClientError, match=r"text/html, not JSON\. Is the address that of a Submarine server"),
    ):
        client.me()


def test_a_service_unavailable_becomes_an_error_in_the_end(server: Server, proxy: FaultyProxy) -> None:
    proxy.faults += [answer(503)] * 50
    with submarine.Client(proxy.url, server.token, retry_for=1) as client, pytest.raises(Unavailable):
        client.me()


def test_a_password_that_is_wrong_is_tried_once(server: Server, proxy: FaultyProxy) -> None:
    with submarine.Client(proxy.url, "-") as client, pytest.raises(Unauthenticated):
        client.login("admin", "wrong")
    assert proxy.requests == 1


def test_a_file_is_sent_again_from_its_start(
    via: submarine.Client, proxy: FaultyProxy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = via.experiments.submit(shell("true"), wait=True, timeout=60)
    source = tmp_path_factory.mktemp("up") / "f"
    source.write_bytes(bytes(range(256)) * 5000)
    proxy.cut()
    proxy.faults += [LOSE, answer(503)]
    via.experiments.artifacts.upload(found, source)
    assert via.experiments.artifacts.read(found, "f") == source.read_bytes()


def test_two_submissions_are_two(via: submarine.Client) -> None:
    spec = {k: v for k, v in shell("true").items() if k != "name"}
    assert via.experiments.submit(spec).id != via.experiments.submit(spec).id


def test_a_large_number_in_a_body_is_refused_before_it_is_sent(via: submarine.Client) -> None:
    with pytest.raises((Invalid, ValueError)):
        via.experiments.submit(shell("true", params={"x": float("nan")}))


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_of_several_servers_the_next_is_asked_at_once(server: Server, nobody: str) -> None:
    said: list[str] = []
    with submarine.Client([nobody, server.url], server.token, retry_for=0.0, notice=said.append) as client:
        assert client.me().name == "admin"
        assert len(said) == 1
        assert "another server" in said[0]
        client.me()  # it stays with the one that answers
        assert len(said) == 1


def test_a_password_is_sent_to_the_next_server_if_nobody_had_it(server: Server, nobody: str) -> None:
    with submarine.Client([nobody, server.url], "-", retry_for=0.0) as client, pytest.raises(Unauthenticated):
        client.login("nobody", "wrong-password")


def test_a_lost_answer_is_asked_for_at_another_server_under_the_same_key(
    server: Server, proxy: FaultyProxy
) -> None:
    with submarine.Client(f"{proxy.url},{server.url}", server.token) as client:
        spec = shell("true")
        client.me()
        proxy.faults += [LOSE]
        found = client.experiments.submit(spec)
        assert [e.id for e in client.experiments.list(limit=10) if e.name == spec["name"]] == [found.id]


def test_when_all_servers_are_away_the_client_gives_up_in_time(nobody: str) -> None:
    with submarine.Client([nobody, nobody + "/other"], "x", retry_for=0.5) as client:
        begun = time.monotonic()
        with pytest.raises(ConnectionFailed):
            client.me()
        assert time.monotonic() - begun < 20


def test_every_address_is_checked(server: Server) -> None:
    with pytest.raises(ClientError, match="ftp://x"):
        submarine.Client([server.url, "ftp://x"], "x")
