"""The workers of the digits example find each other, add up, and notice when one is gone."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from peers import Array, PeerError, Peers, Rendezvous


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def add_up(rendezvous: Rendezvous, late: float = 0.0) -> list[Array]:
    time.sleep(late)
    with Peers.meet(rendezvous) as peers:
        return [peers.sum(np.arange(5.0) * 10**peers.rank + turn) for turn in range(3)]


@pytest.mark.parametrize("world_size", [1, 2, 5])
def test_every_worker_gets_the_sum_of_all(world_size: int, port: int) -> None:
    with ThreadPoolExecutor(world_size) as pool:
        places = [Rendezvous(rank, world_size, "127.0.0.1", port) for rank in range(world_size)]
        answers = list(pool.map(add_up, places))
    for turn in range(3):
        expected = sum(np.arange(5.0) * 10**rank + turn for rank in range(world_size))
        assert all(np.array_equal(answer[turn], expected) for answer in answers)


def test_workers_wait_for_a_first_worker_that_comes_last(port: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        second = pool.submit(add_up, Rendezvous(1, 2, "127.0.0.1", port))
        first = pool.submit(add_up, Rendezvous(0, 2, "127.0.0.1", port), late=0.3)
        assert np.array_equal(first.result()[0], second.result()[0])


def test_a_stranger_at_the_port_is_sent_away(port: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(add_up, Rendezvous(0, 2, "127.0.0.1", port))
        with reach(port) as stranger, contextlib.suppress(ConnectionResetError):
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert stranger.recv(100) == b""
        second = pool.submit(add_up, Rendezvous(1, 2, "127.0.0.1", port))
        assert np.array_equal(first.result()[0], second.result()[0])


def test_a_worker_that_does_not_come_is_named(port: int) -> None:
    with pytest.raises(PeerError, match=r"workers \[1, 2\] did not come"):
        Peers.meet(Rendezvous(0, 3, "127.0.0.1", port), patience=0.2)


def test_a_first_worker_that_does_not_come_is_named(port: int) -> None:
    with pytest.raises(PeerError, match=f"worker 0 at 127.0.0.1:{port} was not reached"):
        Peers.meet(Rendezvous(1, 2, "127.0.0.1", port), patience=0.2)


@pytest.mark.parametrize("gone", [0, 2])
def test_the_others_notice_when_a_worker_goes(gone: int, port: int) -> None:
    def work(rank: int) -> str:
        with Peers.meet(Rendezvous(rank, 3, "127.0.0.1", port)) as peers:
            peers.sum(np.ones(3))
            if rank == gone:
                return "left"
            with pytest.raises(PeerError, match="is gone") as caught:
                peers.sum(np.ones(3))
            return str(caught.value)

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(work, range(3)))
    assert ends[gone] == "left"
    assert all("worker" in end for rank, end in enumerate(ends) if rank != gone)


def test_a_silent_worker_counts_as_gone(port: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(Peers.meet, Rendezvous(0, 2, "127.0.0.1", port), silence=0.2)
        second = pool.submit(Peers.meet, Rendezvous(1, 2, "127.0.0.1", port))
        with first.result() as waiting, second.result(), pytest.raises(PeerError, match="worker 1 is gone"):
            waiting.sum(np.ones(3))


def test_what_is_missing_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(PeerError, match="'MASTER_ADDR' is not set"):
        Rendezvous.from_environment()


def reach(port: int) -> socket.socket:
    limit = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.02)
