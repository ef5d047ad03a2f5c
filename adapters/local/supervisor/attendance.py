"""Waits for a child, and carries out on it and all its descendants what is asked meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from submarine.adapters.local import processes
from submarine.adapters.local.cgroups import Cgroup
from submarine.adapters.local.supervisor.orders import Orders
from submarine.core.workloads.verdict import CANCELLED, FAILED, LOST, SCALED, STOPPED

WAKING = frozenset({signal.SIGCHLD, signal.SIGUSR1, signal.SIGTERM})
"""Blocked in a supervisor from its first moment; it takes them when it waits."""

_TICK = 0.5  # seconds between looks at the orders when nobody wakes us
_LOG_GRACE = 1.0
_PATIENT_ROUNDS = 3
_GIVE_UP = 60.0  # on processes that not even SIGKILL ends


class Cause(NamedTuple):
    """Why we end a child that would go on."""

    phase: str
    reason: str
    message: str


class Ending(NamedTuple):
    """How a child ended: 128 + n for signal n; ``cause`` is None if by itself."""

    exit_code: int
    cause: Cause | None


class Limits(NamedTuple):
    """What ends a child: seconds to run, bytes to say; ``grace`` seconds between SIGTERM and SIGKILL."""

    duration: float | None
    log: int
    grace: float


class Attendant:
    """One child and those below it; as we are the subreaper, none of them can leave."""

    def __init__(self, orders: Orders, limits: Limits, log: str, group: Cgroup) -> None:
        self._orders = orders
        self._limits = limits
        self._log = log
        self._group = group
        self._cause: Cause | None = None
        self._kill_at = 0.0
        self._told_to_end = False
        self._logged = 0
        self.suspended = False

    def attend(self, child: int, every_tick: Callable[[], None], on_pause: Callable[[bool], None]) -> Ending:
        """Return how *child* ended, once nothing of it is left."""
        deadline = None if self._limits.duration is None else time.monotonic() + self._limits.duration
        code = None
        while (code := self._reap(child)) is None:
            self._orders.look()
            self._judge(deadline)
            self._pause(on_pause)
            if self._cause and time.monotonic() >= self._kill_at:
                self._signal(signal.SIGKILL)
            every_tick()
            self._sleep()
        self._orders.look()
        self._judge(None)  # what ended it may have been an order we had not seen
        self._clear()
        return Ending(code, self._cause)

    def _judge(self, deadline: float | None) -> None:
        orders = self._orders
        if orders.kill_at is not None:
            self._end(Cause(CANCELLED, "cancelled", "cancelled"), orders.kill_at)
        elif orders.stop is not None:
            by = f"stopped, as {orders.stop['by']} has {orders.stop['phase']}"
            self._end(Cause(CANCELLED, STOPPED, by), self._after(self._limits.grace))
        elif orders.surplus:
            self._end(Cause(CANCELLED, SCALED, "taken away"), self._after(self._limits.grace))
        elif self._told_to_end:
            message = "its supervisor was told to end (SIGTERM), as when the machine goes down"
            self._end(Cause(LOST, "node-lost", message), self._after(self._limits.grace))
        elif deadline is not None and time.monotonic() >= deadline:
            message = f"ran longer than {self._limits.duration:g} s"
            self._end(Cause(FAILED, "deadline-exceeded", message), self._after(self._limits.grace))
        elif self._size() > self._limits.log:
            message = f"wrote more than {self._limits.log} bytes of output"
            self._end(Cause(FAILED, "log-limit", message), self._after(_LOG_GRACE))

    def _end(self, cause: Cause, kill_at: float) -> None:
        """Ask all to end; the first cause stays, and a later one can only hasten the end."""
        if self._cause is not None:
            if cause.reason == "cancelled":
                self._kill_at = min(self._kill_at, kill_at)
            return
        self._cause, self._kill_at = cause, kill_at
        self._signal(signal.SIGTERM)
        self._resume()

    def _pause(self, on_pause: Callable[[bool], None]) -> None:
        wanted = self._orders.suspended and self._cause is None
        if wanted:
            # Again at each look: a process may have been born while the others were stopped.
            if not self._group.freeze(frozen=True):
                self._signal(signal.SIGSTOP)
        elif self.suspended:
            self._resume()
        if wanted != self.suspended:
            self.suspended = wanted
            on_pause(wanted)

    def _resume(self) -> None:
        self._group.freeze(frozen=False)
        self._signal(signal.SIGCONT)

    def _clear(self) -> None:
        """Let the others have what is left of the grace, then kill until nothing is below us."""
        while self._cause and time.monotonic() < self._kill_at and self._reap(0) is None and _children():
            self._orders.look()
            self._judge(None)
            self._sleep()
        give_up = time.monotonic() + _GIVE_UP
        rounds = 0
        while _children() and time.monotonic() < give_up:
            # Whoever forks faster than we kill is held still first.
            still = rounds > _PATIENT_ROUNDS
            if still and not self._group.freeze(frozen=True):
                self._signal(signal.SIGSTOP)
            self._signal(signal.SIGKILL)
            self._group.freeze(frozen=False)
            signal.sigtimedwait({signal.SIGCHLD}, 0.02)
            self._reap(0)
            rounds += 1

    def _signal(self, signum: int) -> None:
        for identity in processes.descendants(os.getpid()):
            processes.send(identity, signum)

    def _reap(self, child: int) -> int | None:
        """Bury all dead children, adopted ones too; return the exit code of *child* if it is among them."""
        code = None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return code
            if pid == 0:
                return code
            if pid == child:
                exit_code = os.waitstatus_to_exitcode(status)
                code = exit_code if exit_code >= 0 else 128 - exit_code

    def _sleep(self) -> None:
        tick = _TICK
        if self._cause is not None:
            tick = min(tick, max(self._kill_at - time.monotonic(), 0.02))
        size = self._size()
        if size + 4 * (size - self._logged) > self._limits.log:  # at this pace it is soon over the limit
            tick = min(tick, 0.02)
        self._logged = size
        info = signal.sigtimedwait(WAKING, tick)
        if info is not None and info.si_signo == signal.SIGTERM:
            self._told_to_end = True

    def _size(self) -> int:
        try:
            return os.stat(self._log).st_size
        except OSError:
            return 0

    @staticmethod
    def _after(seconds: float) -> float:
        return time.monotonic() + seconds


def _children() -> bool:
    """Tell whether anything, alive or dead, is still below us."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
