"""Finds where this server may make control groups, by trying."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import Final, NamedTuple

from submarine.adapters.local.cgroups import UNIFIED, Cgroup, Spec

_VERSION_1: Final = ("memory", "cpu", "freezer")


class Found(NamedTuple):
    """The folders for replicas' groups, and which limits they let us set."""

    spec: Spec
    memory: bool
    cpu: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Return in words what cannot be promised here."""
        why = "no writable cgroup"
        notes = []
        if not self.memory:
            notes.append(f"memory limits are not enforced: {why}")
        if not self.cpu:
            notes.append(f"cpu limits are not enforced: {why}")
        return tuple(notes)


NOTHING: Final = Found({}, memory=False, cpu=False)


def find(name: str) -> Found:
    """Make the folder *name* wherever we may, version 2 first, and return what that gives."""
    mounts = list(_mounts())
    for kind, _, mount, own in mounts:
        if kind == "cgroup2" and (found := _version_2(mount, own, name)):
            return found
    spec: Spec = {}
    for kind, controllers, mount, own in mounts:
        for controller in _VERSION_1:
            if kind == "cgroup" and controller in controllers and (made := _version_1(mount, own, name)):
                spec[controller] = made
    return Found(spec, memory="memory" in spec, cpu="cpu" in spec) if spec else NOTHING


def _mounts() -> Iterator[tuple[str, list[str], str, str]]:
    """Yield kind, controllers, mount point and our own path for each hierarchy; see proc(5)."""
    own = {}
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            own[controllers] = path
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            kind, _, options = after.split()[:3]
            if kind in {"cgroup", "cgroup2"}:
                mount = before.split()[4]
                names = [] if kind == "cgroup2" else options.split(",")
                path = next((p for c, p in own.items() if _same(c, names)), "/")
                yield kind, names, mount, path


def _same(controllers: str, names: list[str]) -> bool:
    return controllers == "" if not names else bool(set(controllers.split(",")) & set(names))


def _version_1(mount: str, own: str, name: str) -> str | None:
    for place in (os.path.join(mount, own.lstrip("/")), mount):
        folder = os.path.join(place, name)
        if os.path.isdir(place) and _make(folder) and _usable({UNIFIED: folder}):
            return folder
    return None


def _version_2(mount: str, own: str, name: str) -> Found | None:
    """Try our own group and those above it: one with processes of its own cannot have limited children."""
    place = os.path.normpath(os.path.join(mount, own.lstrip("/")))
    while place.startswith(mount):
        offered = set(_words(place, "cgroup.subtree_control"))
        if "memory" in offered and _make(folder := os.path.join(place, name)):
            given = [c for c in ("memory", "cpu", "pids") if c in offered and _enable(folder, c)]
            if "memory" in given and _usable({UNIFIED: folder}):
                return Found({UNIFIED: folder}, memory=True, cpu="cpu" in given)
        place = os.path.dirname(place)
    return None


def _make(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    return True


def _enable(folder: str, controller: str) -> bool:
    try:
        with open(os.path.join(folder, "cgroup.subtree_control"), "w", encoding="ascii") as file:
            file.write(f"+{controller}")
    except OSError:
        return False
    return True


def _words(folder: str, name: str) -> list[str]:
    try:
        with open(os.path.join(folder, name), encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


def _usable(parents: Spec) -> bool:
    """Tell whether a process can be moved below *parents*: write permission alone does not say so."""
    try:
        group = Cgroup.create(parents, f"probe-{os.getpid()}", cpu=0, memory=0)
    except OSError:
        return False
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as guinea_pig:
        try:
            for folder in group.folders.values():
                with open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
                    file.write(str(guinea_pig.pid))
        except OSError:
            return False
        finally:
            guinea_pig.kill()
            guinea_pig.wait()
            group.remove()
    return True
