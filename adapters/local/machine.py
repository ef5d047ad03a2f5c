"""What this machine has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from submarine.core.workloads.resources import Resources

_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def size() -> Resources:
    """Return the cores this process may use, and the memory of the machine or of our container."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Resources(cpu=len(os.sched_getaffinity(0)) * 1000, memory=min([memory, *_limits(_LIMITS)]))


def _limits(paths: Sequence[str]) -> list[int]:
    found = []
    for path in paths:
        try:
            with open(path, encoding="ascii") as file:
                word = file.read().strip()
        except OSError:
            continue
        if word.isdigit():
            found.append(int(word))
    return found
