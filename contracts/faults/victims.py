"""Finds processes on this machine, and kills them as the kernel does when memory runs out."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection
from pathlib import Path


def marked(text: str) -> list[int]:
    """Return the living processes in whose environment or command line *text* is, never this one."""
    wanted, found = text.encode(), []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            with contextlib.suppress(OSError):
                said = (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
                if wanted in said and state not in "ZX":
                    found.append(int(place.name))
    return sorted(found)


def kill(pids: Collection[int]) -> None:
    """Kill *pids*; who is gone already is no matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
