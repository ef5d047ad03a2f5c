"""Servers that die: between any two steps of a submit, together, and while jobs go on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from submarine.adapters.local import processes
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import SuccessPolicy
from submarine.plugins.registry import discover
from tests.adapters.local.jobs import PATIENCE, ended, gone, python, role, shell, workload, written
from tests.adapters.local.servers import Life, Script, play

Options = dict[str, object]

STEPS = range(1, 400, 9)  # a submit takes about 280 system calls
STUBBORN = (
    "import os, signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "open(sys.argv[1] + '~', 'w').write(str(os.getpid()))\nos.rename(sys.argv[1] + '~', sys.argv[1])\n"
    "time.sleep(600)"
)
WITNESS = 'printf x >> "$1"'


async def test_wherever_a_submit_is_killed_the_next_one_starts_the_job_once(
    plain: Options, tmp_path: Path
) -> None:
    witnesses = [tmp_path / f"witness-{steps}" for steps in STEPS]
    jobs = [workload(*shell(WITNESS, str(witness))) for witness in witnesses]
    paths = [str(tmp_path / f"local-{steps}") for steps in STEPS]
    each = zip(jobs, STEPS, paths, strict=True)
    lives = [Life(workloads=(job,), steps=steps, path=path) for job, steps, path in each]
    finished = await play(tmp_path, Script(options=plain, lives=lives))
    assert 0 < finished < len(lives), "the steps must reach from the first to beyond the last"
    for job, path in zip(jobs, paths, strict=True):
        async with discover().open(RUNTIME, "local", {**plain, "path": path}) as runtime:
            await runtime.submit(job)
            assert (await ended(runtime, job.name)).phase is Phase.SUCCEEDED
    assert [witness.read_text() for witness in witnesses] == ["x"] * len(jobs)


async def test_servers_that_submit_the_same_at_once_start_it_once(plain: Options, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    job = workload(*shell(WITNESS, str(witness)), replicas=3)
    lives = [Life(workloads=(job,))] * 6
    assert await play(tmp_path, Script(options=plain, lives=lives, at_once=True)) == len(lives)
    async with discover().open(RUNTIME, "local", plain) as opened:
        assert (await ended(opened, job.name)).phase is Phase.SUCCEEDED
    assert witness.read_text() == "xxx"


async def test_the_grace_is_carried_out_though_the_server_is_dead(plain: Options, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    job = workload(*python(STUBBORN, str(mark)), grace=600.0)
    life = Life(workloads=(job,), cancel=0.3, mark=str(mark))
    assert await play(tmp_path, Script(options=plain, lives=[life])) == 1
    await gone(await written(mark))
    async with discover().open(RUNTIME, "local", plain) as opened:
        seen = await ended(opened, job.name)
    assert (seen.phase, seen.exit_code) == (Phase.CANCELLED, 137)


async def test_while_no_server_lives_time_runs_out_and_replicas_end_each_other(
    plain: Options, tmp_path: Path
) -> None:
    marks = [tmp_path / f"pid-{number}" for number in range(4)]
    sleepers = [role(*python(STUBBORN, str(mark)), name="sleeper", replicas=1) for mark in marks]
    fails, wins = role(*shell("exit 3")), role(*shell("exit 0"))
    late = workload(roles=(sleepers[0],), max_duration=0.5, grace=0.2)
    every = workload(roles=(sleepers[1], fails), success=SuccessPolicy.ALL, grace=0.2)
    chief = workload(roles=(wins, sleepers[2]), success=SuccessPolicy.CHIEF, grace=0.2)
    some = workload(roles=(sleepers[3], wins), success=SuccessPolicy.ANY, grace=0.2)
    jobs = (late, every, chief, some)
    await play(tmp_path, Script(options=plain, lives=[Life(workloads=jobs)]))
    # Who is stopped before it starts leaves no mark; none may be there when a server comes again.
    await _quiet(Path(str(plain["path"])))
    async with discover().open(RUNTIME, "local", plain) as opened:
        seen = [await ended(opened, job.name) for job in jobs]
    assert [(o.phase, o.reason, o.exit_code) for o in seen] == [
        (Phase.FAILED, "deadline-exceeded", 137),
        (Phase.FAILED, "exit-code", 3),
        (Phase.SUCCEEDED, "", 0),
        (Phase.SUCCEEDED, "", 0),
    ]


async def _quiet(data: Path) -> None:
    """Wait until no replica's lock below *data* is held: all supervisors have ended."""
    async with asyncio.timeout(PATIENCE):
        while any(_held(lock) for lock in data.glob("workloads/*/replicas/*/lock")):
            await asyncio.sleep(0.05)


def _held(lock: Path) -> bool:
    inode = f":{lock.stat().st_ino} "
    return inode in Path("/proc/locks").read_text()


async def test_a_killed_fork_server_is_replaced(simple: Any) -> None:
    await simple.submit(first := workload("true"))
    (server,) = _forkservers()
    os.kill(server, signal.SIGKILL)
    await simple.submit(second := workload("true"))
    for job in (first, second):
        assert (await ended(simple, job.name)).phase is Phase.SUCCEEDED


def _forkservers() -> list[int]:
    """Return our own fork servers: a supervisor has the same command line, but is nobody's child."""
    pids = [identity.pid for identity in processes.descendants(os.getpid())]
    return [pid for pid in pids if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_recycled_pid_is_a_stranger() -> None:
    me = processes.myself()
    for stranger in (me._replace(birth=me.birth - 1), me._replace(boot="an earlier one")):
        assert not processes.alive(stranger)
        assert not processes.send(stranger, signal.SIGKILL)


@pytest.mark.parametrize("order", ["cancel", "remove"])
async def test_a_submit_that_comes_after_the_end_starts_nothing(
    simple: Any, tmp_path: Path, order: str
) -> None:
    witness = tmp_path / "witness"
    job, other = (workload(*shell(WITNESS, str(witness))) for _ in range(2))
    if order == "cancel":
        await simple.cancel(job.name, 1.0)
    else:
        await simple.submit(job)
        await ended(simple, job.name)
        await simple.remove(job.name)
        witness.unlink()
    await simple.submit(job)
    await simple.submit(other)
    await ended(simple, other.name)
    assert (await ended(simple, job.name)).phase is Phase.CANCELLED
    assert witness.read_text() == "x"
