"""Several servers on one PostgreSQL: any answers, any may die, stand still, or have a wrong clock."""

from __future__ import annotations

import shutil
import signal
import socket
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import httpx
import pytest

import submarine
from tests.clusters.postgres import PostgresServer
from tests.clusters.postgres_fixture import postgres_or_skip
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

PATIENCE = 90.0
CONFIG = """
[server]
drain = {drain}

[records]
use = "postgres"
url = "{url}"

[store]
use = "file"
root = "{objects}"

[[clusters]]
name = "{cluster}"
use = "local"
path = "{path}"
cpu = 400
memory = "400Gi"
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    yield from postgres_or_skip("test")


class Serve(Protocol):
    """Starts a server: of which name, with which cluster, whose files are where."""

    def __call__(
        self, name: str, cluster: str = "", path: str = "", drain: float = 0, offset: int = 0
    ) -> Server: ...


@pytest.fixture
def serve(postgres: PostgresServer, tmp_path: Path) -> Iterator[Serve]:
    """All share records, objects and the key of job tokens; *offset* is how wrong a clock is, in seconds."""
    servers: list[Server] = []
    with postgres.database() as url:

        def start(name: str, cluster: str = "", path: str = "", drain: float = 0, offset: int = 0) -> Server:
            root = tmp_path / name
            (root / "data").mkdir(parents=True, mode=0o700)
            if servers:
                shutil.copy(servers[0].data / "server.key", root / "data")
            config = CONFIG.format(
                url=url,
                objects=tmp_path / "objects",
                cluster=cluster or name,
                path=tmp_path / (path or name) / "jobs",
                drain=drain,
            )
            server = Server(root, config)
            servers.append(server)
            server.start(_clock(root, offset) if offset else None)
            return server

        yield start
        for server in servers:
            server.stop()


def _clock(root: Path, offset: int) -> dict[str, str]:
    """Return what makes Python start with a clock that is *offset* seconds ahead."""
    (root / "sitecustomize.py").write_text(
        textwrap.dedent(f"""
            import time
            _time, _time_ns = time.time, time.time_ns
            time.time = lambda: _time() + {offset}
            time.time_ns = lambda: _time_ns() + {offset} * 1_000_000_000
        """)
    )
    return {"PYTHONPATH": str(root)}


@contextmanager
def _clients(*servers: Server) -> Iterator[submarine.Client]:
    urls = [server.url for server in servers]
    with submarine.Client(urls, _token(servers), retry_for=PATIENCE) as client:
        yield client


def _token(servers: tuple[Server, ...]) -> str:
    return next(s.token for s in servers if (s.data / "admin-token").exists())


def _until(holds: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.1)


def _submit(client: submarine.Client, witness: Witness, name: str, seconds: float, lines: int = 5) -> str:
    return client.experiments.submit({"name": name, "command": witness.command(name, seconds, lines)}).id


def _log(name: str, lines: int = 5) -> str:
    return "".join(f"{name} line {n}\n" for n in range(lines))


def _ended_once(client: submarine.Client, witness: Witness, names: list[str]) -> None:
    """Every job succeeded, began and ended once, and its log is whole."""
    found = {name: client.experiments.wait(name, timeout=PATIENCE) for name in names}
    assert Counter(e.state for e in found.values()) == Counter(succeeded=len(names))
    once = Counter(dict.fromkeys(names, 1))
    assert (witness.begun(), witness.ended()) == (once, once)
    for name in names:
        assert b"".join(client.experiments.logs(name)).decode() == _log(name)


@pytest.mark.timeout(150)
def test_a_server_that_stood_still_writes_nothing_stale_when_it_goes_on(
    serve: Serve, witness: Witness
) -> None:
    """Both follow one cluster, whose files both see; the one that holds its lease is stopped under load."""
    alpha = serve("alpha", cluster="shared", path="shared")
    beta = serve("beta", cluster="shared", path="shared")
    names = [f"job-{n}" for n in range(16)]
    with _clients(beta, alpha) as client:
        for name in names:
            _submit(client, witness, name, 6.0)
        # all are there: a server that stands still while it gives room away holds the directory's lock
        _until(lambda: len(witness.begun()) == len(names), "all run")
        alpha.send(signal.SIGSTOP)  # it came first, so it holds the lease
        try:
            found = [client.experiments.wait(name, timeout=PATIENCE) for name in names]
            before = {e.id: client.experiments.get(e.id) for e in found}
            for name in names:  # the other took over, and brought the logs home
                assert b"".join(client.experiments.logs(name)).decode() == _log(name)
        finally:
            alpha.send(signal.SIGCONT)
        _until(lambda: _is_ready(alpha), "the server that stood still answers again")
        again = _submit(client, witness, "afterwards", 0.2)
        client.experiments.wait(again, timeout=PATIENCE)
        for experiment in before.values():
            after = client.experiments.get(experiment.id)
            assert (after.state, after.attempt) == (experiment.state, experiment.attempt)
            states = [event.data["state"] for event in client.experiments.watch(experiment.id)]
            assert states.count("succeeded") == 1
        _ended_once(client, witness, [*names, "afterwards"])


@pytest.mark.timeout(150)
def test_servers_with_clocks_an_hour_apart_share_the_work(serve: Serve, witness: Witness) -> None:
    """Neither takes the other's lease, and either takes over when the other is gone."""
    ahead = serve("ahead", cluster="shared", path="shared", offset=1800)
    behind = serve("behind", cluster="shared", path="shared", offset=-1800)
    with _clients(ahead, behind) as client:
        names = [f"job-{n}" for n in range(12)]
        for number, name in enumerate(names):
            _submit(client, witness, name, 1.0)
            if number == 6:
                ahead.stop(signal.SIGKILL)
        _ended_once(client, witness, names)


@pytest.mark.timeout(150)
def test_followers_go_on_at_the_other_server_without_loss_or_repetition(
    serve: Serve, witness: Witness
) -> None:
    """Events, a log, and a wait, while the server that they are at is killed."""
    alpha = serve("alpha", cluster="shared", path="shared")
    beta = serve("beta", cluster="shared", path="shared")
    with _clients(alpha, beta) as client:
        job = _submit(client, witness, "followed", 12.0, lines=60)
        said, events, waited = bytearray(), list[str](), list[str]()

        def follow_log() -> None:
            with _clients(alpha, beta) as mine:
                for chunk in mine.experiments.logs(job, follow=True):
                    said.extend(chunk)

        def follow_events() -> None:
            with _clients(alpha, beta) as mine:
                events.extend(event.id for event in mine.experiments.watch(job))

        def wait() -> None:
            with _clients(alpha, beta) as mine:
                waited.append(mine.experiments.wait(job, timeout=PATIENCE).state)

        threads = [threading.Thread(target=t, daemon=True) for t in (follow_log, follow_events, wait)]
        for thread in threads:
            thread.start()
        _until(lambda: b"line 5" in said, "the log is followed")
        alpha.stop(signal.SIGKILL)
        for thread in threads:
            thread.join(PATIENCE)
        assert bytes(said).decode() == _log("followed", 60)
        assert events == [event.id for event in client.experiments.watch(job)]
        assert waited == ["succeeded"]


@pytest.mark.timeout(150)
def test_the_output_of_another_machines_cluster_is_read_through_either_server(
    serve: Serve, witness: Witness
) -> None:
    alpha, beta = serve("alpha"), serve("beta")
    with _clients(beta, alpha) as client:
        name = "on-alpha"
        job = _on(alpha, client, name, witness.command(name, 6.0, 30))
        said = b"".join(client.experiments.logs(job, follow=True))
        assert said.decode() == _log(name, 30)
        suspended = _on(alpha, client, "paused", witness.command("paused", 60.0))
        client.experiments.suspend(suspended)
        client.experiments.cancel(suspended)
        client.experiments.wait(suspended, timeout=PATIENCE)


@pytest.mark.timeout(150)
def test_when_the_only_server_that_has_the_output_is_down_it_is_said_which_and_since_when(
    serve: Serve, witness: Witness
) -> None:
    alpha, beta = serve("alpha"), serve("beta")
    with _clients(beta, alpha) as client:
        job = _on(alpha, client, "unreachable", witness.command("unreachable", 60.0))
        token = alpha.token
        alpha.stop(signal.SIGKILL)  # in its first seconds; whoever took a job has told the others before
        address = f"{beta.url}/api/v1/experiments/{job}/logs"

        def told() -> bool:
            answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            detail = answer.json()["detail"]
            return (
                f"cluster alpha is only reached by server {socket.gethostname()} ({alpha.url})" in detail
                and ("which is down: it was last seen at 20" in detail)
            )

        _until(told, "beta says which server is down")
        alpha.start()
        client.experiments.cancel(job)
        client.experiments.wait(job, timeout=PATIENCE)


@pytest.mark.timeout(150)
def test_a_cluster_that_only_one_server_reaches_is_used_through_any(serve: Serve, witness: Witness) -> None:
    alpha, beta = serve("alpha"), serve("beta")
    with submarine.Client(beta.url, alpha.token, retry_for=PATIENCE) as at_beta:
        _until(lambda: {c.name for c in at_beta.clusters.list()} == {"alpha", "beta"}, "beta knows of alpha")
        spec = {"command": witness.command("one", 0.2), "placement": {"cluster": "alpha"}, "name": "one"}
        ended = at_beta.experiments.wait(at_beta.experiments.submit(spec).id, timeout=PATIENCE)
        assert (ended.state, ended.cluster) == ("succeeded", "alpha")
        assert at_beta.clusters.drain("alpha").health == "draining"
        assert at_beta.clusters.resume("alpha").health == "ok"
        with pytest.raises(submarine.errors.Invalid, match="there is no cluster 'gamma'"):
            at_beta.experiments.submit({**spec, "placement": {"cluster": "gamma"}})

        alpha.stop(signal.SIGKILL)
        late = at_beta.experiments.submit({**spec, "name": "late"}).id
        why = f"alpha is only reached by server {socket.gethostname()} ({alpha.url}), which is down"
        _until(lambda: why in str(at_beta.experiments.get(late).message), "the job says what it waits for")
        alpha.start()
        assert at_beta.experiments.wait(late, timeout=PATIENCE).state == "succeeded"


def _on(server: Server, client: submarine.Client, name: str, command: list[str]) -> str:
    """Submit to the cluster of *server*, and return the job once it runs there."""
    with submarine.Client(server.url, _token((server,)), retry_for=PATIENCE) as there:
        spec = {"name": name, "command": command, "placement": {"cluster": server.root.name}}
        job = there.experiments.submit(spec).id
    _until(lambda: client.experiments.get(job).state == "running", f"{name} runs")
    return job


@pytest.mark.timeout(150)
def test_clusters_of_one_name_on_two_machines_are_told_apart(serve: Serve, witness: Witness) -> None:
    """The second is refused, says so, and touches nothing, even while the first is down."""
    alpha = serve("alpha", cluster="local")
    beta = serve("beta", cluster="local")
    with _clients(alpha) as client:
        job = _submit(client, witness, "of-alpha", 8.0)
        _until(lambda: client.experiments.get(job).state == "running", "the job runs")
        token = alpha.token
        alpha.stop(signal.SIGKILL)
        with submarine.Client(beta.url, token) as other:
            (cluster,) = other.clusters.list()
            assert cluster.health == "misconfigured"
            assert "submarine cluster adopt local" in str(cluster.get("reason"))
            with pytest.raises(submarine.errors.Conflict, match="of-alpha"):
                other.clusters.adopt("local")
            time.sleep(3.0)
            assert other.experiments.get(job).state == "running"
        alpha.start()
        _ended_once(client, witness, ["of-alpha"])
        with submarine.Client(beta.url, token) as other:
            _until(lambda: _adopted(other), "the name is moved once nothing is left on the first")
            again = _submit(other, witness, "of-beta", 0.2)
            assert other.experiments.wait(again, timeout=PATIENCE).state == "succeeded"


def _adopted(client: submarine.Client) -> bool:
    with suppress(submarine.errors.Conflict):
        return str(client.clusters.adopt("local").health) == "ok"
    return False


@pytest.mark.timeout(150)
def test_a_rolling_restart_under_load_loses_nothing_that_was_answered(  # noqa: C901 - its threads
    serve: Serve, witness: Witness
) -> None:
    """Writers, metrics, readers and a follower, while each server is stopped in order and comes back."""
    servers = [serve(name, cluster="shared", path="shared", drain=4) for name in ("alpha", "beta")]
    stop, answered, failures = threading.Event(), list[str](), list[Exception]()
    logged: Counter[str] = Counter()
    seen: set[str] = set()
    with _clients(*servers) as client:
        target = client.experiments.submit({"name": "target", "command": ["sleep", "120"]}).id

        def write(thread: int) -> None:
            with _clients(*servers[:: 1 if thread % 2 else -1]) as mine:
                for n in range(1000):
                    if stop.is_set():
                        return
                    name = f"job-{thread}-{n}"
                    _submit(mine, witness, name, 0.05)
                    answered.append(name)
                    mine.experiments.log_metrics(target, {f"m{thread}": float(n)})
                    logged[f"m{thread}"] += 1
                    assert mine.experiments.get(name).name == name
                    time.sleep(0.2)

        def follow() -> None:
            with _clients(*servers) as mine:
                for event in mine.experiments.watch_project():
                    assert event.id not in seen, "an event came twice"
                    seen.add(event.id)
                    if stop.is_set():
                        return

        def guarded(work: Callable[[], None]) -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - told by the main thread
                failures.append(error)

        threads = [threading.Thread(target=guarded, args=(lambda t=t: write(t),)) for t in range(4)]
        threads.append(threading.Thread(target=guarded, args=(follow,)))
        for thread in threads:
            thread.start()
        for server in servers:
            time.sleep(1.0)
            _restarted_in_order(server)
        time.sleep(1.0)
        stop.set()
        client.experiments.cancel(target)  # an event for the follower
        for thread in threads:
            thread.join(PATIENCE)
        assert failures == []
        assert len(answered) > 8
        _ended_once(client, witness, answered)
        assert {m.key: m.count for m in client.experiments.metrics(target)} == dict(logged)


def _restarted_in_order(server: Server) -> None:
    """Stop *server* while it is watched: it says that it stops before it refuses anybody."""
    told: list[int] = []
    with httpx.Client(base_url=server.url, timeout=10) as client, suppress(httpx.TransportError):
        assert client.get("/readyz").status_code == 200
        server.send(signal.SIGTERM)
        while True:
            told.append(client.get("/readyz").status_code)
            assert client.get("/healthz").status_code == 200
            time.sleep(0.05)
    assert 503 in told
    server.died()
    server.start()


def _is_ready(server: Server) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200
    return False
