"""Processes told apart for good: a pid alone may be a stranger's tomorrow.

Source: proc_pid_stat(5), pidfd_open(2).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import NamedTuple

_STATE, _PARENT, _BIRTH = 0, 1, 19  # places after the name in /proc/PID/stat


class Identity(NamedTuple):
    """A process for ever: pid, clock ticks from boot to its birth, and which boot."""

    pid: int
    birth: int
    boot: str


def boot() -> str:
    """Return the identity of this run of the kernel."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def identify(pid: int) -> Identity | None:
    """Return who *pid* is now, None if nobody or a corpse."""
    fields = _stat(pid)
    if fields is None or fields[_STATE] in b"ZX":
        return None
    return Identity(pid, int(fields[_BIRTH]), boot())


def myself() -> Identity:
    """Return who is asking."""
    identity = identify(os.getpid())
    if identity is None:
        raise OSError("/proc does not know this process")
    return identity


def alive(identity: Identity) -> bool:
    """Tell whether this very process, not a later one of the same pid, still runs."""
    return identify(identity.pid) == identity


def send(identity: Identity, signum: int) -> bool:
    """Send *signum* to this very process; tell whether it was there to get it."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except OSError:
        return False
    try:
        # The descriptor pins whoever has the pid now; only then is it worth asking who that is.
        if not alive(identity):
            return False
        signal.pidfd_send_signal(descriptor, signum)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(descriptor)
    return True


def descendants(root: int) -> list[Identity]:
    """Return every living process below *root*, parents first."""
    children: dict[int, list[Identity]] = {}
    current = boot()
    for pid in _pids():
        if (fields := _stat(pid)) is not None and fields[_STATE] not in b"ZX":
            identity = Identity(pid, int(fields[_BIRTH]), current)
            children.setdefault(int(fields[_PARENT]), []).append(identity)
    found = list(children.get(root, ()))
    for identity in found:  # grows while we walk
        found += children.get(identity.pid, ())
    return found


def marked(variable: str) -> list[Identity]:
    """Return the living processes that were started with ``NAME=value`` in their environment."""
    wanted = variable.encode()
    found = []
    for pid in _pids():
        identity = identify(pid)
        if identity is not None and wanted in _environ(pid) and alive(identity):
            found.append(identity)
    return found


def _environ(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _stat(pid: int) -> list[bytes] | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name stands in parentheses and may itself hold some.
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None
