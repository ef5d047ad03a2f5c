"""One process of a workload, with all that it starts."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from submarine.core.workloads.verdict import LIVE, ReplicaState

Cause = tuple[str, str, str]

KEEPER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py")))


def now() -> int:
    """Return Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Process:
    """Runs until it ends or is ended; the first cause of its end is the one that counts."""

    def __init__(self, told: dict[str, Any], folder: Path, on_change: Callable[[], None]) -> None:
        self.role: str = told["role"]
        self.index: int = told["index"]
        self.ports: dict[str, int] = told["ports"]
        self.folder = folder / f"{self.role}-{self.index}"
        self.phase, self.reason, self.message = "pending", "", ""
        self.exit_code: int | None = None
        self.started: int | None = None
        self.ended: int | None = None
        self._command: list[str] = told["command"]
        self._environment: dict[str, str] = told["environment"]
        self._on_change = on_change
        self._cause: Cause | None = None
        self._pid = 0
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def log(self) -> Path:
        """Return where its output is."""
        return self.folder / "log"

    @property
    def spool(self) -> Path:
        """Return where it leaves what it could not send."""
        return self.folder / "spool"

    @property
    def state(self) -> ReplicaState:
        """Return what a verdict wants to know."""
        ends = self.exit_code, self.started, self.ended
        return ReplicaState(self.role, self.index, self.phase, self.reason, self.message, *ends)

    async def run(self) -> None:
        """Start, and see it to its end."""
        self.spool.mkdir(parents=True)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **self._environment,
            "SUBMARINE_SPOOL": str(self.spool),
        }
        if self._unwanted():
            self._over(None)
            return
        try:
            with self.log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *KEEPER,
                    *self._command,
                    cwd=self.folder,
                    env=environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
        except OSError as error:
            self._blame(("failed", "preparation-failed", str(error)))
            self._over(None)
            return
        self._pid, self.phase, self.started = process.pid, "running", now()
        if self._unwanted():  # somebody was quicker than the start
            self._signal(signal.SIGTERM)
        self._on_change()
        code = await process.wait()
        self._over(code if code >= 0 else 128 - code)

    def terminate(self, cause: Cause, grace: float) -> None:
        """Ask for its end, and kill it after *grace* seconds."""
        if self.phase not in LIVE:
            return
        self._blame(cause)
        if grace <= 0:
            self._kill()
        else:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)
        self._timers.append(asyncio.get_running_loop().call_later(max(grace, 0.05), self._kill))

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on."""
        if self.phase == ("running" if paused else "suspended"):
            self._signal(signal.SIGSTOP if paused else signal.SIGCONT)
            self.phase = "suspended" if paused else "running"
            self._on_change()

    def _blame(self, cause: Cause) -> None:
        self._cause = self._cause or cause

    def _unwanted(self) -> bool:
        return self._cause is not None

    def _over(self, code: int | None) -> None:
        by_itself = ("succeeded", "", "") if code == 0 else ("failed", "exit-code", f"exited with {code}")
        self.phase, self.reason, self.message = self._cause or by_itself
        self.exit_code, self.ended = code, now()
        self.started = self.started or self.ended
        for timer in self._timers:
            timer.cancel()
        self._on_change()

    def _kill(self) -> None:
        self._signal(signal.SIGCONT)
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGUSR1)

    def _signal(self, number: int) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, number)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
