"""Servers that die: processes that open the local runtime, do something, and are killed by SIGKILL.

Run with the path of a pickled `Script`; everything is imported once, each server is a fork.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.workload import Workload
from submarine.plugins.registry import discover

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one server does: submit *workloads*, perhaps cancel them once *mark* is there, and die.

    ``steps``: how many system calls of a submit it survives; None: all. ``cancel``: the grace.
    ``path``: a data directory of its own.
    """

    workloads: Sequence[Workload]
    steps: int | None = None
    cancel: float | None = None
    mark: str | None = None
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class Script:
    """Servers over one data directory, one after the other or all at once."""

    options: dict[str, object]
    lives: Sequence[Life]
    at_once: bool = False


async def play(folder: Path, script: Script) -> int:
    """Let the servers of *script* live and die; return how many did all they were to do."""
    file = folder / "script.pickle"
    file.write_bytes(pickle.dumps(script))
    command = [sys.executable, "-m", "tests.adapters.local.servers", str(file)]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def main(path: str) -> int:
    """Fork the servers; print how many reached their end."""
    script: Script = pickle.loads(Path(path).read_bytes())
    discover().open(RUNTIME, "local", script.options)  # imports come before the forks
    import submarine.adapters.local.runtime  # noqa: F401 - so does this one

    reader, writer = os.pipe()
    finished = 0
    pids = []
    for life in script.lives:
        if (pid := os.fork()) == 0:
            os.close(writer)
            os.read(reader, 1)
            own = {} if life.path is None else {"path": life.path}
            asyncio.run(_live({**script.options, **own}, life))
        pids.append(pid)
        if not script.at_once:
            finished += _reached_its_end(pids.pop(), writer, reader)
            reader, writer = os.pipe()
    os.close(writer)
    finished += sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR1 for pid in pids)
    sys.stdout.write(str(finished))
    return 0


def _reached_its_end(pid: int, writer: int, reader: int) -> bool:
    os.close(writer)
    os.close(reader)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR1


async def _live(options: dict[str, object], life: Life) -> None:
    calls = 0
    counting = False

    def count(_: FrameType, event: str, what: Any) -> None:
        nonlocal calls
        if counting and event == "c_call" and getattr(what, "__module__", "") in {"posix", "fcntl"}:
            calls += 1
            if life.steps is not None and calls > life.steps:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)
    async with discover().open(RUNTIME, "local", options) as opened:
        runtime: Any = opened
        counting = True
        for workload in life.workloads:
            await runtime.submit(workload)
        counting = False
        while life.mark is not None and not Path(life.mark).exists():
            await asyncio.sleep(0.01)
        for workload in life.workloads if life.cancel is not None else ():
            await runtime.cancel(workload.name, life.cancel)
        # It dies of another signal than those that were killed on their way, and as suddenly.
        os.kill(os.getpid(), signal.SIGUSR1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
