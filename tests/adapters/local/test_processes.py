"""What is peculiar to processes of this machine: supervisors die, children run away, memory ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from submarine.contracts.runtime.stage import Rendezvous
from submarine.core.errors import FullError
from submarine.core.ids import new_id
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind, handle_of
from submarine.plugins.registry import discover

PATIENCE = 60.0
HIDES = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
print("hidden", flush=True)
time.sleep(float(sys.argv[2]))
"""


def workload(*command: str, **more: Any) -> Workload:
    job = new_id()
    role = Role(
        name="worker",
        replicas=1,
        command=command,
        env=more.pop("env", {}),
        resources=more.pop("resources", Resources(cpu=10)),
    )
    given: dict[str, Any] = {"kind": WorkloadKind.BATCH, "framework": Rendezvous(), "grace": 1.0, **more}
    return Workload(name=handle_of(job, 1), job=job, attempt=1, roles=(role,), **given)


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code, *arguments)


@pytest.fixture(params=["auto", "off"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    return {"path": str(tmp_path / "local"), "cpu": 8, "memory": "8Gi", "cgroup": request.param}


@pytest.fixture
async def runtime(options: dict[str, object]) -> AsyncIterator[Any]:
    async with discover().open(RUNTIME, "local", options) as opened:
        yield opened
        for seen in await opened.observe():
            await opened.remove(seen.handle)


async def ended(runtime: Any, handle: Handle) -> Observation:
    return await until(runtime, handle, lambda o: o.phase.ended)


async def until(runtime: Any, handle: Handle, holds: Any) -> Observation:
    async with asyncio.timeout(PATIENCE):
        while True:
            (seen,) = await runtime.observe([handle])
            if holds(seen):
                found: Observation = seen
                return found
            await asyncio.sleep(0.02)


async def text(runtime: Any, handle: Handle) -> str:
    return b"".join([chunk async for chunk in runtime.logs(handle, "worker", 0)]).decode()


async def written(path: Path) -> int:
    async with asyncio.timeout(PATIENCE):
        while not (path.exists() and path.read_text()):
            await asyncio.sleep(0.02)
    return int(path.read_text())


async def gone(pid: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while alive(pid):
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_with_its_supervisor_the_command_dies_and_the_job_is_lost(runtime: Any, tmp_path: Path) -> None:
    mark = tmp_path / "pids"
    code = (
        "import os, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "print(os.getppid(), flush=True)\ntime.sleep(600)"
    )
    job = workload(*python(code, str(mark)))
    await runtime.submit(job)
    command = await written(mark)
    await until(runtime, job.name, lambda o: o.phase is Phase.RUNNING)
    async with asyncio.timeout(PATIENCE):
        while not (said := await text(runtime, job.name)):
            await asyncio.sleep(0.02)
    os.kill(int(said), signal.SIGKILL)
    seen = await ended(runtime, job.name)
    assert (seen.phase, seen.reason) == (Phase.LOST, "supervisor-lost")
    await gone(command)


async def test_a_killed_command_has_failed_with_137(runtime: Any, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = "import os, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\ntime.sleep(600)"
    job = workload(*python(code, str(mark)))
    await runtime.submit(job)
    os.kill(await written(mark), signal.SIGKILL)
    seen = await ended(runtime, job.name)
    assert (seen.phase, seen.exit_code) == (Phase.FAILED, 137)


@pytest.mark.parametrize("how", ["cancel", "end", "remove"])
async def test_children_that_ran_away_are_killed(runtime: Any, tmp_path: Path, how: str) -> None:
    mark = tmp_path / "child"
    job = workload(*python(HIDES, str(mark), "0.2" if how == "end" else "600"))
    await runtime.submit(job)
    child = await written(mark)
    if how == "cancel":
        await runtime.cancel(job.name, 0.5)
    elif how == "remove":
        await runtime.remove(job.name)
    else:
        assert (await ended(runtime, job.name)).phase is Phase.SUCCEEDED
    await gone(child)


async def test_the_servers_own_environment_does_not_leak(
    runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "swordfish")
    job = workload(*python("import os\nprint(dict(os.environ))"), secrets={"TOKEN": "tuna"})
    await runtime.submit(job)
    await ended(runtime, job.name)
    said = await text(runtime, job.name)
    assert ("swordfish" in said, "tuna" in said) == (False, True)


async def test_secrets_are_in_no_command_line_and_no_file_that_others_read(
    runtime: Any, options: dict[str, object]
) -> None:
    job = workload(*python("import time\ntime.sleep(600)"), secrets={"TOKEN": "tuna-canary"})
    await runtime.submit(job)
    await until(runtime, job.name, lambda o: o.phase is Phase.RUNNING)
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert b"tuna-canary" not in line.read_bytes()
        except OSError:
            continue
    for path in Path(str(options["path"])).rglob("*"):
        if path.is_file() and b"tuna-canary" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [(("no-such-program",), 127, "no-such-program"), (("/etc/hostname",), 126, "/etc/hostname")],
)
async def test_a_command_that_cannot_start_says_why(
    runtime: Any, command: tuple[str, ...], code: int, words: str
) -> None:
    job = workload(*command)
    await runtime.submit(job)
    seen = await ended(runtime, job.name)
    assert (seen.phase, seen.exit_code) == (Phase.FAILED, code)
    assert words in seen.message + await text(runtime, job.name)


async def test_words_arrive_unchanged(runtime: Any) -> None:
    words = ["two words", "'", '"', "$HOME", "a\nb", "日本", "", "*", "--", "\\", "`id`"]
    job = workload(*python("import sys\nprint(ascii(sys.argv[1:]))", *words))
    await runtime.submit(job)
    await ended(runtime, job.name)
    assert await text(runtime, job.name) == ascii(words) + "\n"


async def test_odd_output_is_kept_byte_for_byte(runtime: Any) -> None:
    code = (
        "import sys\nout = sys.stdout.buffer\nout.write(b'x' * 70_000 + b'\\n')\n"
        "out.write(bytes(range(256)))\nout.write(b'y' * 5_000_000)\nout.flush()"
    )
    job = workload(*python(code))
    await runtime.submit(job)
    chunks = [chunk async for chunk in runtime.logs(job.name, "worker", 0, follow=True)]
    assert b"".join(chunks) == b"x" * 70_000 + b"\n" + bytes(range(256)) + b"y" * 5_000_000


async def test_a_second_server_over_the_same_folder_starts_nothing_twice(
    runtime: Any, options: dict[str, object], tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    code = "import sys, time\nopen(sys.argv[1], 'a').write('x')\ntime.sleep(0.5)"
    job = workload(*python(code, str(witness)))
    async with discover().open(RUNTIME, "local", options) as opened:
        other: Any = opened
        await asyncio.gather(*(r.submit(job) for r in (runtime, other) * 5))
        await ended(other, job.name)
    assert witness.read_text() == "x"


async def test_what_does_not_fit_is_told_in_figures(runtime: Any) -> None:
    hog = workload(*python("import time\ntime.sleep(600)"), resources=Resources(cpu=7000))
    await runtime.submit(hog)
    with pytest.raises(FullError, match=r"cpu: asks 2, free 1"):
        await runtime.submit(workload("true", resources=Resources(cpu=2000)))


async def test_limits_are_enforced_or_it_is_said_that_they_are_not(runtime: Any) -> None:
    capacity = await runtime.capacity()
    if any("memory" in note for note in capacity.notes):
        assert any("not enforced" in note for note in capacity.notes)
        return
    code = "data = bytearray()\nwhile True: data += bytes(1 << 20)"
    job = workload(*python(code), resources=Resources(cpu=10, memory=64 * 2**20))
    began = time.monotonic()
    await runtime.submit(job)
    seen = await ended(runtime, job.name)
    assert (seen.phase, seen.reason) == (Phase.FAILED, "out-of-memory")
    assert time.monotonic() - began < PATIENCE
