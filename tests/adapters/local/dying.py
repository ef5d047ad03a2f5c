"""Servers that die on their way: ``python -m tests.adapters.local.dying FILE``, with `Life`s pickled in it.

Everything is imported once, and each server is a fork that is killed at one system call of a submit.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.workload import Workload
from submarine.plugins.registry import discover

_SYSTEM: Final = {"posix", "fcntl", "_io", "_posixsubprocess"}


@dataclass(frozen=True, slots=True)
class Life:
    """Submit *workload* on a runtime of *options*, and survive *steps* system calls of that."""

    options: Mapping[str, object]
    workload: Workload
    steps: int


def main(path: str) -> None:
    """Let each server live and die; print how many came to their end."""
    import submarine.adapters.local.runtime  # noqa: F401 - before the forks

    finished = 0
    for life in pickle.loads(Path(path).read_bytes()):
        if (pid := os.fork()) == 0:
            asyncio.run(_live(life))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in {0, -signal.SIGKILL}, code
        finished += code == 0
    print(finished)


async def _live(life: Life) -> None:
    calls, counting = 0, False

    def count(_: FrameType, event: str, what: Any) -> None:
        nonlocal calls
        if counting and event == "c_call" and getattr(what, "__module__", "") in _SYSTEM:
            calls += 1
            if calls > life.steps:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)  # the runtime does its work in threads of its own
    async with discover().open(RUNTIME, "local", life.options) as runtime:
        counting = True
        await runtime.submit(life.workload)
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
