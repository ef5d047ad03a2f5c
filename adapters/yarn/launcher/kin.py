"""All processes of a container, found so that none can hide.

They have its mark in their environment. A process that has cleared its environment and left its session has
not, but stays below whoever adopts orphans.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import defaultdict
from typing import NamedTuple

MARK = "CONTAINER_ID"
"""What YARN puts into the environment of everything in a container."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_PATIENCE = 10.0
"""Seconds for those that the kernel does not end at once."""
_BY_SIGNAL = 128


class Kin:
    """The processes of *container*, but for the one that asks and those above it, which wait for its end."""

    def __init__(self, container: str) -> None:
        self._mark = f"{MARK}={container}".encode()
        self._spared = {os.getpid(), *_above(os.getpid(), _processes())}

    def living(self) -> list[int]:
        """Return those that live, the oldest first."""
        there = _processes()
        found = {pid for pid in there if self._marks(pid)} | _below(os.getpid(), there)
        return sorted(pid for pid in found - self._spared if there[pid].lives)

    def send(self, signum: int) -> None:
        """Send *signum* to all; who is gone already is no matter."""
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signum)

    def kill(self) -> None:
        """Kill until there are none, and bury the dead.

        Who forks on and on is missed by one look or another; the kernel knows whether a child is left.
        """
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            self.send(signal.SIGKILL)
            if childless() and not self.living():
                return
            time.sleep(0.001)

    def _marks(self, pid: int) -> bool:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return self._mark in file.read().split(b"\0")
        except OSError:
            return False


class _Process(NamedTuple):
    parent: int
    lives: bool


def bury(child: int = 0) -> int | None:
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
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else _BY_SIGNAL + os.WTERMSIG(status)


def childless() -> bool:
    """Bury all dead children, and tell whether none is left."""
    bury()
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def adopt_orphans() -> None:
    """Become the parent of all below whose own parent dies, where the kernel can."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel send *signum* to this process when *parent* dies, where it can."""
    _prctl(_PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:
        os._exit(126)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _processes() -> dict[int, _Process]:
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as file:
            # The name stands in parentheses and may itself hold some.
            state, parent = file.read().rpartition(b")")[2].split()[:2]
            found[int(name)] = _Process(int(parent), state not in (b"Z", b"X"))
    return found


def _above(pid: int, there: dict[int, _Process]) -> set[int]:
    """Return the processes above *pid*: YARN's own, which may have the mark too, and those that guard us."""
    found: set[int] = set()
    while pid in there:
        pid = there[pid].parent
        found.add(pid)
    return found


def _below(pid: int, there: dict[int, _Process]) -> set[int]:
    children = defaultdict(list)
    for each, process in there.items():
        children[process.parent].append(each)
    found = children[pid]
    for each in found:  # grows while we walk
        found += children[each]
    return set(found)
