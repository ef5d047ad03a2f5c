"""Control groups of either version: limits, and every process of a replica under one name.

Sources: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the Linux kernel.
"""

from __future__ import annotations

import os
import time

Spec = dict[str, str]
"""By controller, the folder below which replicas get theirs; under version 2 only ``unified``."""

UNIFIED = "unified"
_PERIOD = 100_000  # microseconds, the kernel's default
_SMALLEST_QUOTA = 1_000


class Cgroup:
    """The group of one replica: one folder (version 2) or one for each controller (version 1)."""

    def __init__(self, folders: Spec) -> None:
        self.folders = dict(folders)

    @classmethod
    def create(cls, parents: Spec, name: str, *, cpu: int, memory: int) -> Cgroup:
        """Make the group *name*, limited to *cpu* thousandths of a core and *memory* bytes (0: not)."""
        group = cls({controller: os.path.join(parent, name) for controller, parent in parents.items()})
        for folder in group.folders.values():
            os.makedirs(folder, exist_ok=True)
        if memory:
            group._limit_memory(memory)
        if cpu:
            group._limit_cpu(cpu)
        return group

    def _limit_memory(self, size: int) -> None:
        if folder := self.folders.get(UNIFIED):
            _write(folder, "memory.max", size)
            _write(folder, "memory.oom.group", 1, needed=False)
            _write(folder, "memory.swap.max", 0, needed=False)
        elif folder := self.folders.get("memory"):
            _write(folder, "memory.limit_in_bytes", size)
            _write(folder, "memory.memsw.limit_in_bytes", size, needed=False)

    def _limit_cpu(self, cpu: int) -> None:
        quota = max(cpu * _PERIOD // 1000, _SMALLEST_QUOTA)
        if folder := self.folders.get(UNIFIED):
            _write(folder, "cpu.max", f"{quota} {_PERIOD}")
        elif folder := self.folders.get("cpu"):
            _write(folder, "cpu.cfs_period_us", _PERIOD)
            _write(folder, "cpu.cfs_quota_us", quota)

    def join(self) -> None:
        """Put the calling process, and so its later children, into the group."""
        for folder in self.folders.values():
            _write(folder, "cgroup.procs", 0)

    def out_of_memory(self) -> bool:
        """Tell whether the kernel has killed a process of the group for want of memory."""
        if folder := self.folders.get(UNIFIED):
            return _counter(folder, "memory.events", "oom_kill") > 0
        if folder := self.folders.get("memory"):
            return _counter(folder, "memory.oom_control", "oom_kill") > 0
        return False

    def processes(self) -> list[int]:
        """Return the pids in the group."""
        pids: set[int] = set()
        for folder in self.folders.values():
            for place, _, files in os.walk(folder):
                if "cgroup.procs" in files:
                    pids.update(int(line) for line in _read(place, "cgroup.procs").split())
        return sorted(pids)

    def freeze(self, *, frozen: bool) -> bool:
        """Stop or go on with all processes of the group at once; tell whether that can be done here."""
        try:
            if folder := self.folders.get(UNIFIED):
                _write(folder, "cgroup.freeze", int(frozen))
            elif folder := self.folders.get("freezer"):
                _write(folder, "freezer.state", "FROZEN" if frozen else "THAWED")
            else:
                return False
        except OSError:
            return False
        return True

    def remove(self) -> bool:
        """Delete the group, which must be empty; tell whether nothing of it is left."""
        for _ in range(50):
            left = [folder for folder in self.folders.values() if not _remove(folder)]
            if not left:
                return True
            time.sleep(0.01)  # the kernel lets go of the dead a moment after they are reaped
        return False


def _remove(folder: str) -> bool:
    for place, _, _ in os.walk(folder, topdown=False):  # a job may have made groups of its own
        try:
            os.rmdir(place)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def _write(folder: str, name: str, value: object, *, needed: bool = True) -> None:
    try:
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(str(value))
    except OSError:
        if needed:
            raise


def _read(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def _counter(folder: str, name: str, key: str) -> int:
    for line in _read(folder, name).splitlines():
        word, _, count = line.partition(" ")
        if word == key:
            return int(count)
    return 0
