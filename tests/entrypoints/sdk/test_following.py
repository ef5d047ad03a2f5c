"""Logs, events and waits survive cut connections and restarts, with every byte once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import submarine
from submarine.entrypoints.sdk.errors import ClientError, NotFound
from tests.entrypoints.faulty import FaultyProxy, answer
from tests.entrypoints.sdk.commands import shell
from tests.entrypoints.server import Server

LINES = 40
COUNT = f"i=0; while [ $i -lt {LINES} ]; do echo line $i ä; i=$((i+1)); sleep 0.05; done"
WHOLE = "".join(f"line {i} ä\n" for i in range(LINES)).encode()


def during(act: Callable[[], None], *, times: int, every: float) -> threading.Thread:
    def run() -> None:
        for _ in range(times):
            time.sleep(every)
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_log_is_whole_though_its_connection_is_cut_again_and_again(
    server: Server, proxy: FaultyProxy
) -> None:
    notices: list[str] = []
    with submarine.Client(proxy.url, server.token, notice=notices.append) as client:
        found = client.experiments.submit(shell(COUNT))
        thread = during(proxy.cut, times=5, every=0.3)
        log = b"".join(client.experiments.logs(found, follow=True))
        thread.join()
    assert log == WHOLE
    assert any("reconnecting" in n for n in notices)


def test_a_log_is_whole_though_the_server_restarts(server: Server) -> None:
    with submarine.Client(server.url, server.token) as client:
        found = client.experiments.submit(shell(COUNT))
        thread = during(lambda: server.restart(0.3), times=2, every=0.4)
        log = b"".join(client.experiments.logs(found, follow=True))
        thread.join()
        assert log == WHOLE
        assert client.experiments.wait(found, timeout=60).state == "succeeded"


def test_a_log_is_followed_from_before_the_experiment_runs(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("sleep 0.3; echo late"))
    assert b"".join(client.experiments.logs(found, follow=True)) == b"late\n"


def test_part_of_a_log(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("echo one; echo two; echo three"), wait=True, timeout=60)
    assert b"".join(client.experiments.logs(found)) == b"one\ntwo\nthree\n"
    assert b"".join(client.experiments.logs(found, offset=4)) == b"two\nthree\n"
    assert b"".join(client.experiments.logs(found, tail=1)) == b"three\n"
    assert b"".join(client.experiments.logs(found, tail=1, follow=True)) == b"three\n"


def test_an_experiment_that_never_ran_has_an_empty_log_that_ends(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true", queue="never"))
    client.experiments.cancel(found)
    assert b"".join(client.experiments.logs(found, follow=True)) == b""


def test_a_replica_that_is_not_there_is_an_error(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    for follow in (False, True):
        with pytest.raises(ClientError):
            list(client.experiments.logs(found, role="nobody", follow=follow))
    with pytest.raises(NotFound):
        list(client.experiments.logs("no-such-experiment", follow=True))


def test_events_come_once_and_in_order_though_the_connection_is_cut(
    server: Server, proxy: FaultyProxy
) -> None:
    with submarine.Client(proxy.url, server.token) as client:
        found = client.experiments.submit(shell("sleep 1.5"))
        thread = during(proxy.cut, times=3, every=0.3)
        events = list(client.experiments.watch(found))
        thread.join()
        assert [e.id for e in events] == [e.id for e in client.experiments.events(found)]
    assert events[-1].state == "succeeded"


def test_watching_can_begin_after_an_event(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    events = list(client.experiments.watch(found))
    assert [e.id for e in client.experiments.watch(found, after=events[0].id)] == [e.id for e in events[1:]]


def test_a_wait_outlives_a_restart_and_tells_each_change_once(server: Server) -> None:
    with submarine.Client(server.url, server.token, retry_for=0.0) as client:
        found = client.experiments.submit(shell("sleep 1"))
        seen: list[str] = []
        thread = during(lambda: server.restart(0.3), times=1, every=0.2)
        ended = client.experiments.wait(found, timeout=60, on_change=lambda e: seen.append(e.state))
        thread.join()
    assert ended.state == "succeeded"
    assert seen[-1] == "succeeded"
    assert len(seen) == len(set(seen))


def test_a_busy_server_is_followed_later(server: Server, proxy: FaultyProxy) -> None:
    with submarine.Client(proxy.url, server.token) as client:
        found = client.experiments.submit(shell("echo x"), wait=True, timeout=60)
    with submarine.Client(proxy.url, server.token) as client:
        proxy.faults += [answer(503, Retry_After="0")] * 3
        assert b"".join(client.experiments.logs(found, follow=True)) == b"x\n"


def test_an_experiment_that_is_deleted_meanwhile_is_not_found(client: submarine.Client) -> None:
    found = client.experiments.submit(shell("true"), wait=True, timeout=60)
    client.experiments.delete(found)
    for follow in (client.experiments.watch, client.experiments.logs):
        with pytest.raises(NotFound):
            list(follow(found))
