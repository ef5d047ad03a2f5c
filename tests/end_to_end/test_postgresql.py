"""PostgreSQL is in trouble under load, or servers that share it die: nothing is lost or doubled."""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typing_extensions import override

import submarine
from tests.adapters.sql.overtaking import overtake
from tests.clusters.postgres import PostgresServer
from tests.clusters.postgres_fixture import postgres_or_skip
from tests.end_to_end.patience import all_ended, until
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

PATIENCE = 180.0
CONFIG = """
[records]
use = "postgres"
url = "{url}"

[store]
use = "file"
root = "{objects}"

[[clusters]]
name = "{cluster}"
use = "local"
cpu = 400
memory = "400Gi"
"""


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that keeps what it has committed, as in production."""
    yield from postgres_or_skip("bench")


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture
def serve(url: str, tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    """Return how to start a server of that name; all share records, objects and the key of job tokens."""
    servers: list[Server] = []

    def start(name: str) -> Server:
        root = tmp_path / name
        (root / "data").mkdir(parents=True, mode=0o700)
        if servers:
            shutil.copy(servers[0].data / "server.key", root / "data")
        server = Server(root, CONFIG.format(url=url, objects=tmp_path / "objects", cluster=name))
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


def _stops_and_starts(postgres: PostgresServer) -> None:
    postgres.stop()
    time.sleep(1.5)
    postgres.start()


def _hangs(postgres: PostgresServer) -> None:
    postgres.pause()
    time.sleep(2.0)
    postgres.resume()


def _cuts_every_connection(postgres: PostgresServer) -> None:
    for _ in range(5):
        postgres.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        time.sleep(0.3)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("trouble", [_stops_and_starts, _hangs, _cuts_every_connection])
def test_a_database_in_trouble_loses_and_doubles_nothing(
    serve: Callable[[str], Server],
    postgres: PostgresServer,
    witness: Witness,
    trouble: Callable[[PostgresServer], None],
) -> None:
    server = serve("alpha")
    names = [f"job-{n}" for n in range(20)]
    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(_submit, [server], names, witness)
        for _ in range(2):
            time.sleep(0.5)
            trouble(postgres)
        submitting.result(PATIENCE)
    _check(server, names, witness, log_of=[server])


@pytest.mark.timeout(400)
def test_of_two_servers_either_may_die(serve: Callable[[str], Server], witness: Witness) -> None:
    servers = [serve("alpha"), serve("beta")]
    token = servers[0].token
    names = [f"job-{n}" for n in range(24)]
    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(_submit, servers, names, witness)
        for turn in range(4):
            time.sleep(0.7)
            servers[turn % 2].restart(away=0.5, number=signal.SIGKILL)
        submitting.result(PATIENCE)
    for server in servers:
        _check(server, names, witness, log_of=servers, token=token)


@pytest.mark.timeout(400)
def test_a_rolling_restart_loses_no_request_that_was_answered(
    serve: Callable[[str], Server], witness: Witness
) -> None:
    servers = [serve("alpha"), serve("beta")]
    names = [f"job-{n}" for n in range(16)]
    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(_submit, servers, names, witness)
        for server in servers:
            time.sleep(0.5)
            server.restart()
        submitting.result(PATIENCE)
    _check(servers[1], names, witness, log_of=servers, token=servers[0].token)


@pytest.mark.timeout(400)
def test_a_database_that_fails_over_to_an_older_copy_doubles_nothing_and_lists_what_it_does_not_know(
    serve: Callable[[str], Server], postgres: PostgresServer, url: str, witness: Witness, tmp_path: Path
) -> None:
    """Whoever watches comes back when the copy has overtaken what was heard, and misses nothing new."""
    server, gate = serve("alpha"), tmp_path / "gate"
    with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:

        def submit(name: str, gate: Path | None = None) -> str:
            return client.experiments.submit(
                {"name": name, "command": witness.command(name, 0.2, 5, gate)}
            ).id

        watcher = Watcher(server)
        watcher.start()
        submit("before")
        all_ended(client, {"before"})
        submit("known", gate)
        until(lambda: witness.begun()["known"])
        copy = postgres.save()
        unknown = submit("unknown", gate)
        until(lambda: witness.begun()["unknown"])
        forgotten = submit("forgotten")
        all_ended(client, {"forgotten"})
        until(lambda: watcher.has_heard_of(forgotten))
        postgres.fail_over(copy)
        overtake(postgres, url)
        server.restart(number=signal.SIGKILL)
        assert {e.name for e in client.experiments.list()} == {"before", "known"}
        until(lambda: unknown in {o["handle"].split("-")[1] for o in client.clusters.orphans("alpha")})
        submit("later")
        gate.touch()
        found = all_ended(client, {"before", "known", "later"})
        assert {e.state for e in found.values()} == {"succeeded"}
        until(lambda: watcher.has_heard_of(found["later"].id))
        for name, experiment in found.items():
            log = b"".join(client.experiments.logs(experiment)).decode()
            assert log == "".join(f"{name} line {n}\n" for n in range(5))
    until(lambda: witness.ended()["unknown"])
    once = Counter(("before", "known", "unknown", "forgotten", "later"))
    assert (witness.begun(), witness.ended()) == (once, once)


class Watcher(threading.Thread):
    """Notes of which experiments anything was heard, for as long as the server is there."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._heard: set[str] = set()
        self._broken: submarine.errors.ClientError | None = None

    @override
    def run(self) -> None:
        try:
            with submarine.Client(self._server.url, self._server.token, retry_for=PATIENCE) as client:
                for event in client.experiments.watch_project(after="0-0"):
                    self._heard.add(event.experiment)
        except submarine.errors.ClientError as error:
            self._broken = error

    def has_heard_of(self, experiment: str) -> bool:
        if self._broken is not None:
            raise self._broken
        return experiment in self._heard


def _submit(servers: list[Server], names: list[str], witness: Witness) -> None:
    """Submit through each server in turn; what is not answered is repeated under its Idempotency-Key."""
    dice = random.Random(3)
    token = servers[0].token
    for number, name in enumerate(names):
        url = servers[number % len(servers)].url
        with submarine.Client(url, token, retry_for=PATIENCE) as client:
            spec = {"name": name, "command": witness.command(name, dice.uniform(0.1, 1.0))}
            client.experiments.submit(spec)


def _check(
    server: Server, names: list[str], witness: Witness, *, log_of: list[Server], token: str = ""
) -> None:
    """Every job began and ended once, *server* says so, and each log is whole on the server that ran it."""
    token = token or server.token
    until = time.monotonic() + PATIENCE
    with submarine.Client(server.url, token, retry_for=PATIENCE) as client:
        found: dict[str, submarine.Experiment] = {}
        while len(found) < len(names) or not all(e.ended for e in found.values()):
            assert time.monotonic() < until, {name: e.state for name, e in found.items()}
            found = {e.name: e for e in client.experiments.list()}
            time.sleep(0.2)
        assert Counter(e.state for e in found.values()) == Counter(succeeded=len(names))
    once = Counter(dict.fromkeys(names, 1))
    assert (witness.begun(), witness.ended()) == (once, once)
    at = {s.root.name: s for s in log_of}
    for name, experiment in found.items():
        ran = at[str(experiment.cluster)]
        with submarine.Client(ran.url, token, retry_for=PATIENCE) as client:
            log = b"".join(client.experiments.logs(experiment))
        assert log.decode() == "".join(f"{name} line {n}\n" for n in range(5))
