"""All processes of a container, and the guardian that lets none of them outlive their launcher."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable

MARK = "CONTAINER_ID"
"""What YARN puts into the environment of everything in a container."""

_PR_SET_PDEATHSIG = 1
_ROUNDS = 100


def kin(container: str, spared: Iterable[int] = ()) -> list[int]:
    """Return the processes of *container*, the oldest first, without *spared* and the dead."""
    wanted = f"{MARK}={container}".encode()
    without = {os.getpid(), *spared}
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in without:
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/environ", "rb") as file:
                if wanted not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{name}/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X"):
                    found.append(int(name))
    return sorted(found)


def send(pids: Iterable[int], signum: int) -> None:
    """Send *signum* to *pids*; who is gone already is no matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def kill(container: str, spared: Iterable[int] = ()) -> None:
    """Kill the processes of *container* until there are none."""
    spared = list(spared)
    for _ in range(_ROUNDS):
        left = kin(container, spared)
        if not left:
            return
        send(left, signal.SIGKILL)
        time.sleep(0.02)


def elders() -> list[int]:
    """Return the processes above this one: YARN's own, which may have the mark too, and wait for our end."""
    found: list[int] = []
    pid = os.getppid()
    while pid > 1:
        found.append(pid)
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return found
    return found


def guard(container: str, spared: Iterable[int]) -> int:
    """Fork a process that outlives this one just long enough to kill all but *spared*; return its number.

    It has a process group of its own: YARN kills that of the launcher.
    """
    reader, writer = os.pipe()
    guardian = os.fork()
    if guardian:
        os.close(reader)
        os.set_inheritable(writer, False)
        return guardian
    try:
        os.setpgid(0, 0)
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        os.close(writer)
        os.read(reader, 1)  # ends when the launcher does, however that comes
        kill(container, spared)
    finally:
        os._exit(0)


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when *parent* dies, where it can."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # the guardian sees to it
    if os.getppid() != parent:
        os._exit(126)
