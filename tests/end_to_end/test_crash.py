"""The server is killed with -9, again and again; what it accepted happens exactly once."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

import submarine
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

PATIENCE = 120.0
KILLS = 8


def _await_ends(client: submarine.Client, names: list[str]) -> dict[str, submarine.Experiment]:
    until = time.monotonic() + PATIENCE
    found: dict[str, submarine.Experiment] = {}
    while time.monotonic() < until:
        found = {e.name: e for e in client.experiments.list() if e.name in set(names)}
        if len(found) == len(names) and all(e.ended for e in found.values()):
            return found
        time.sleep(0.1)
    raise AssertionError({name: e.state for name, e in found.items() if not e.ended})


@pytest.mark.timeout(300)
def test_a_server_killed_under_load_loses_and_doubles_nothing(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    dice = random.Random(7)
    names = [f"job-{n}" for n in range(40)]

    def submit() -> None:
        # a client that repeats what was not answered, under the same Idempotency-Key
        with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
            for name in names:
                spec = {"name": name, "command": witness.command(name, dice.uniform(0.0, 0.6))}
                client.experiments.submit(spec)

    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(submit)
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.1, 0.8))
            server.restart(number=signal.SIGKILL)
        submitting.result(PATIENCE)
    with submarine.Client(server.url, server.token) as client:
        found = _await_ends(client, names)
        once = Counter(dict.fromkeys(names, 1))
        assert (witness.begun(), witness.ended()) == (once, once)
        assert {e.state for e in found.values()} == {"succeeded"}
        for name, experiment in found.items():
            log = b"".join(client.experiments.logs(experiment))
            assert log.decode() == "".join(f"{name} line {n}\n" for n in range(5))


def test_a_followed_log_and_a_watch_go_on_across_a_crash(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    with submarine.Client(server.url, server.token) as client:
        experiment = client.experiments.submit({"command": witness.command("followed", 4.0, lines=40)})
        killer = threading.Timer(1.0, lambda: server.restart(number=signal.SIGKILL))
        killer.start()
        log = b"".join(client.experiments.logs(experiment, follow=True))
        killer.join()
        assert log.decode() == "".join(f"followed line {n}\n" for n in range(40))
        assert client.experiments.wait(experiment, timeout=PATIENCE).state == "succeeded"


def test_work_that_ends_while_the_server_is_down_is_told_rightly(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    with submarine.Client(server.url, server.token) as client:
        good = client.experiments.submit({"command": witness.command("good", 0.5)})
        bad = client.experiments.submit({"command": ["sh", "-c", "sleep 0.5; echo last words; exit 7"]})
        _await_running(client, good, bad)
        server.stop(signal.SIGKILL)
        time.sleep(1.5)
        server.start()
        assert client.experiments.wait(good, timeout=PATIENCE).state == "succeeded"
        ended = client.experiments.wait(bad, timeout=PATIENCE)
        assert (ended.state, ended.exit_code) == ("failed", 7)
        assert b"".join(client.experiments.logs(bad)) == b"last words\n"


def _await_running(client: submarine.Client, *experiments: submarine.Experiment) -> None:
    until = time.monotonic() + 60
    for experiment in experiments:
        while client.experiments.get(experiment.id).state in {"accepted", "queued", "placing", "submitted"}:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_metrics_logged_while_the_server_is_away_all_arrive_once(serve: Callable[..., Server]) -> None:
    server = serve()
    program = (
        "import submarine, time\n"
        "for step in range(60):\n"
        "    submarine.log_metric('loss', 1.0 / (step + 1), step=step)\n"
        "    time.sleep(0.05)\n"
    )
    with submarine.Client(server.url, server.token) as client:
        experiment = client.experiments.submit({"command": ["python", "-c", program]})
        _await_running(client, experiment)
        time.sleep(0.5)
        server.stop(signal.SIGKILL)
        time.sleep(12.0)  # longer than the program lives, and than it waits at its end
        server.start()
        assert client.experiments.wait(experiment, timeout=PATIENCE).state == "succeeded"
        until = time.monotonic() + PATIENCE
        steps: list[int] = []
        while time.monotonic() < until and len(steps) < 60:
            with suppress(submarine.errors.NotFound):
                steps = sorted(point.step or 0 for point in client.experiments.metric(experiment, "loss"))
            time.sleep(0.2)
        assert steps == list(range(60))
