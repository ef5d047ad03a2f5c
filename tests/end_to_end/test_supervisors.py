"""Supervisors of local jobs are killed with -9 under load; each loss is told, and nothing lives on."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

import submarine
from tests.end_to_end.patience import PATIENCE, all_ended, until
from tests.end_to_end.supervisors import processes, supervisors
from tests.end_to_end.witness import Witness
from tests.entrypoints.server import Server

RUNAWAY = (
    "import os, subprocess, sys, time\n"
    "print('before', flush=True)\n"
    "subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "open(sys.argv[1], 'w').close()\n"
    "time.sleep(600)\n"
)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(300)
def test_supervisors_killed_under_load_lose_their_own_job_and_no_other(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server, dice = serve(), random.Random(11)
    names = {f"job-{n}" for n in range(16)}
    killed: set[int] = set()

    def submit() -> None:
        with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
            for name in sorted(names):
                command = witness.command(name, random.Random(name).uniform(0.5, 2.5))
                client.experiments.submit({"name": name, "command": command})

    with ThreadPoolExecutor(1) as pool:
        submitting = pool.submit(submit)
        while not submitting.done() or len(killed) < 4:
            time.sleep(dice.uniform(0.1, 0.4))
            if living := sorted(set(supervisors(server)) - killed):
                victim = dice.choice(living)
                _kill([victim])
                killed.add(victim)
        submitting.result()
    with submarine.Client(server.url, server.token) as client:
        found = all_ended(client, names)
        told = Counter((e.state, e.reason) for e in found.values())
        assert set(told) <= {("succeeded", ""), ("lost", "supervisor-lost")}
        assert 0 < told["lost", "supervisor-lost"] <= len(killed)
        until(lambda: not processes(server))
        for name, experiment in found.items():
            whole = "".join(f"{name} line {n}\n" for n in range(5))
            log = b"".join(client.experiments.logs(experiment)).decode()
            assert log == whole if experiment.state == "succeeded" else whole.startswith(log)
    succeeded = {name for name, e in found.items() if e.state == "succeeded"}
    assert set(witness.ended()) >= succeeded
    assert max(witness.begun().values()) == 1


def test_a_job_whose_supervisor_dies_is_run_again_if_its_policy_says_so(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    with submarine.Client(server.url, server.token) as client:
        spec = {"command": witness.command("twice", 1.5), "retry": {"limit": 1, "on": ["lost"]}}
        experiment = client.experiments.submit(spec)
        until(lambda: witness.begun()["twice"] == 1)
        _kill(supervisors(server, experiment.id))
        done = client.experiments.wait(experiment, timeout=PATIENCE)
        assert (done.state, done.attempt) == ("succeeded", 2)
        first = b"".join(client.experiments.logs(experiment, attempt=1)).decode()
        second = b"".join(client.experiments.logs(experiment, attempt=2)).decode()
    assert second == "".join(f"twice line {n}\n" for n in range(5))
    assert second.startswith(first)
    assert (witness.begun(), witness.ended()) == (Counter(twice=2), Counter(twice=1))


def test_nothing_that_ran_away_outlives_a_killed_supervisor(
    serve: Callable[..., Server], witness: Witness
) -> None:
    server = serve()
    mark = witness.path.with_name("mark")
    with submarine.Client(server.url, server.token) as client:
        experiment = client.experiments.submit(
            {"command": [sys.executable, "-I", "-S", "-c", RUNAWAY, str(mark)]}
        )
        until(mark.exists)
        assert len(processes(server)) == 3, "the supervisor, the command and what ran away"
        server.stop(signal.SIGKILL)
        _kill(supervisors(server, experiment.id))
        server.start()
        done = client.experiments.wait(experiment, timeout=PATIENCE)
        assert (done.state, done.reason) == ("lost", "supervisor-lost")
        assert b"".join(client.experiments.logs(experiment)) == b"before\n"
        until(lambda: not processes(server))
