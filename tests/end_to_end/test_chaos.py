"""``make chaos``: 200 jobs while servers die and records are locked, at random; SEED=n repeats a run."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import submarine
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

JOBS = 200
CLIENTS = 4
PATIENCE = 900.0


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_200_jobs_end_exactly_once_whatever_dies(serve: Callable[..., Server], witness: Witness) -> None:
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"SEED={seed}")
    dice, server, over = random.Random(seed), serve(), threading.Event()
    token, url = server.token, server.url
    names = [f"job-{n}" for n in range(JOBS)]
    faults: Counter[str] = Counter()

    def submit(part: list[str]) -> list[str]:
        cancelled = []
        with submarine.Client(url, token, retry_for=PATIENCE) as client:
            for name in part:
                mine = random.Random(f"{seed} {name}")
                lasts = 300.0 if mine.random() < 0.15 else mine.uniform(0.0, 2.0)
                spec = {"name": name, "command": witness.command(name, lasts), "grace": "1s"}
                time.sleep(mine.uniform(0.0, 1.5))
                experiment = client.experiments.submit(spec)
                if lasts > 100:
                    client.experiments.cancel(experiment)
                    cancelled.append(name)
        return cancelled

    def trouble() -> None:
        while not over.wait(dice.uniform(0.2, 1.5)):
            fault = dice.choice([_kill_server, _kill_server, _stop_server, _lock_records])
            fault(server, dice)
            faults[fault.__name__] += 1

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        troubling = pool.submit(trouble)
        parts = [pool.submit(submit, names[n::CLIENTS]) for n in range(CLIENTS)]
        cancelled = {name for part in parts for name in part.result(PATIENCE)}
        over.set()
        troubling.result(PATIENCE)
    with submarine.Client(url, token, retry_for=PATIENCE) as client:
        found = _await_ends(client, len(names))
        orphans = list(client.clusters.orphans("local"))
        logs = {name: b"".join(client.experiments.logs(e)).decode() for name, e in found.items()}
    print(f"{JOBS} jobs, {len(cancelled)} cancelled, faults: {dict(faults)}, orphans noted: {len(orphans)}")
    assert {n for n, e in found.items() if e.state == "cancelled"} == cancelled
    assert {e.state for n, e in found.items() if n not in cancelled} == {"succeeded"}
    finished = Counter(n for n in names if n not in cancelled)
    assert Counter({n: c for n, c in witness.begun().items() if n not in cancelled}) == finished
    assert witness.ended() == finished
    assert all(count == 1 for count in witness.begun().values())
    for name in finished:
        assert logs[name] == "".join(f"{name} line {n}\n" for n in range(5))


def _kill_server(server: Server, dice: random.Random) -> None:
    server.restart(away=dice.choice([0.0, 0.0, 1.0]), number=signal.SIGKILL)


def _stop_server(server: Server, dice: random.Random) -> None:
    server.restart(away=dice.choice([0.0, 2.0]))


def _lock_records(server: Server, dice: random.Random) -> None:
    """Let another process, a careless backup, lock the records for longer or shorter than anyone waits."""
    with sqlite3.connect(server.data / "records.db", isolation_level=None, timeout=30) as other:
        other.execute("begin immediate")
        time.sleep(dice.choice([1.0, 8.0]))
        other.execute("rollback")
    other.close()


def _await_ends(client: submarine.Client, count: int) -> dict[str, submarine.Experiment]:
    until = time.monotonic() + PATIENCE
    while True:
        found = {e.name: e for e in client.experiments.list()}
        if len(found) == count and all(e.ended for e in found.values()):
            return found
        waiting = {name: e.state for name, e in found.items() if not e.ended}
        assert time.monotonic() < until, f"{len(found)} of {count} there; {waiting}"
        time.sleep(0.5)
