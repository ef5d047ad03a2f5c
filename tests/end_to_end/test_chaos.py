"""``make chaos``: 200 jobs while everything around them dies at random; SEED=n repeats a run."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

import submarine
from tests.clusters.postgres import start_postgres
from tests.end_to_end.conftest import LOCAL
from tests.end_to_end.disks import NoDiskError, mounted
from tests.end_to_end.dying import left_behind
from tests.end_to_end.faults import ON_A_DISK, ON_POSTGRES, ON_SQLITE, Fault, Faults
from tests.end_to_end.mix import STEPS, Task, told
from tests.end_to_end.patience import all_ended, until
from tests.end_to_end.supervisors import processes
from tests.entrypoints.server import Server

JOBS = int(os.environ.get("JOBS") or 200)
CLIENTS = 4
PATIENCE = 900.0
CONFIG = LOCAL + "\n[limits]\norphan_grace = 0.0\n"


@pytest.fixture
def seed() -> int:
    """Printed, so that what happened can be made to happen again."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"SEED={seed}")
    return seed


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_200_jobs_end_exactly_once_whatever_dies(seed: int, tmp_path: Path, stack: ExitStack) -> None:
    lock, faults = _lock(tmp_path), list(ON_SQLITE)
    try:
        disk = stack.enter_context(mounted(tmp_path, 256))
        faults += ON_A_DISK
    except NoDiskError as error:
        print(f"no disk is filled or made read-only: {error}")
        disk = None
    server = Server(disk.path if disk else tmp_path, CONFIG, log=tmp_path / "log")
    trouble = Faults(server, seed, lock, disk=disk)
    _run(server, trouble, faults, seed, tmp_path)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_200_jobs_end_exactly_once_on_a_database_in_trouble(
    seed: int, tmp_path: Path, stack: ExitStack
) -> None:
    postgres = stack.enter_context(start_postgres("bench"))
    url = stack.enter_context(postgres.database())
    server = Server(tmp_path, f'[records]\nuse = "postgres"\nurl = "{url}"\n{CONFIG}')
    trouble = Faults(server, seed, _lock(tmp_path))
    trouble.postgres = postgres
    _run(server, trouble, list(ON_POSTGRES), seed, tmp_path)


def _lock(folder: Path) -> Path:
    lock = folder / "filling"
    lock.touch()
    return lock


def _run(server: Server, trouble: Faults, faults: list[Fault], seed: int, folder: Path) -> None:
    tasks = {name: Task.drawn(seed, name) for name in (f"job-{n}" for n in range(JOBS))}
    witness = folder / "witness"
    witness.touch()
    server.start()
    try:
        _submit_all(server, trouble, faults, list(tasks.values()), witness, folder / "filling")
        with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
            found = all_ended(client, set(tasks), PATIENCE)
            _report(tasks, found, trouble)
            _check_ends(tasks, found, trouble.killed)
            _check_witness(tasks, found, witness)
            for name, experiment in found.items():
                _check_output(client, tasks[name], experiment)
            _check_leftovers(server, client)
    finally:
        server.stop()


def _submit_all(
    server: Server, trouble: Faults, faults: list[Fault], tasks: list[Task], witness: Path, lock: Path
) -> None:
    def submit(part: list[Task]) -> None:
        with submarine.Client(server.url, server.token, retry_for=PATIENCE) as client:
            for task in part:
                time.sleep(task.pause)
                experiment = client.experiments.submit(task.spec(witness, lock))
                if task.kind == "cancelled":
                    client.experiments.cancel(experiment)

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        troubling = pool.submit(trouble.run, faults)
        try:
            for part in [pool.submit(submit, tasks[n::CLIENTS]) for n in range(CLIENTS)]:
                part.result(PATIENCE)
        finally:
            trouble.stop()
        troubling.result(PATIENCE)


def _report(tasks: dict[str, Task], found: dict[str, submarine.Experiment], trouble: Faults) -> None:
    kinds = Counter(task.kind for task in tasks.values())
    states = Counter(e.state for e in found.values())
    again = sum((e.attempt or 1) > 1 for e in found.values())
    print(f"{len(tasks)} jobs: {dict(kinds)}; ends: {dict(states)}, {again} in a later attempt")
    print(f"faults: {dict(trouble.count)}; {len(trouble.killed)} jobs lost a supervisor")


def _check_ends(tasks: dict[str, Task], found: dict[str, submarine.Experiment], killed: set[str]) -> None:
    for name, experiment in found.items():
        told_as = (name, experiment.state, experiment.reason, experiment.message)
        if experiment.state == "lost":
            assert experiment.id in killed, told_as
            assert tasks[name].kind != "retried", told_as
        else:
            wanted = "cancelled" if tasks[name].kind == "cancelled" else "succeeded"
            assert experiment.state == wanted, told_as


def _check_witness(tasks: dict[str, Task], found: dict[str, submarine.Experiment], witness: Path) -> None:
    """By the effect: no attempt began or ended twice, and who is said to have succeeded did."""
    begun, ended = told(witness, "begin"), told(witness, "end")
    assert {name for name, _ in begun} <= set(tasks)
    assert set(begun.values()) | set(ended.values()) <= {1}
    for name, experiment in found.items():
        attempts = [number for job, number in begun if job == name]
        assert len(attempts) <= (experiment.attempt or 1)
        ends = [number for job, number in ended if job == name]
        if experiment.state == "succeeded":
            assert experiment.attempt in ends
        # an attempt that came to its end and lost its supervisor in that moment is run again if so asked
        assert len(ends) <= (len(attempts) if tasks[name].kind == "retried" else 1), (name, ends)


def _check_output(client: submarine.Client, task: Task, experiment: submarine.Experiment) -> None:
    lines = b"".join(client.experiments.logs(experiment)).decode().splitlines(keepends=True)
    log = "".join(line for line in lines if not line.startswith("submarine: "))  # what the SDK warns about
    steps = _steps(client, experiment)
    if experiment.state == "succeeded":
        assert log == task.log
        if task.kind == "metrics":
            until(lambda: _steps(client, experiment) == list(range(STEPS)), 60)
    else:
        assert task.log.startswith(log), (task.name, log)
        assert steps == list(range(len(steps))), (task.name, steps)


def _steps(client: submarine.Client, experiment: submarine.Experiment) -> list[int]:
    try:
        return sorted(point.step or 0 for point in client.experiments.metric(experiment, "loss"))
    except submarine.errors.NotFound:
        return []


def _check_leftovers(server: Server, client: submarine.Client) -> None:
    """Nothing runs; and what is noted as an orphan at one start, and swept at the next, is gone."""
    until(lambda: not processes(server))
    server.restart()
    until(lambda: left_behind(server) <= _orphans(client))
    server.restart()
    until(lambda: not left_behind(server) and not _orphans(client))


def _orphans(client: submarine.Client) -> set[str]:
    return {orphan["handle"].split("-")[1] for orphan in client.clusters.orphans("local")}
