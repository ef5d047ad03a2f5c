"""Finds and kills what a dead supervisor left behind; for servers and for sibling supervisors."""

from __future__ import annotations

import signal
import time

from submarine.adapters.local import processes
from submarine.adapters.local.cgroups import Cgroup, Spec
from submarine.adapters.local.processes import Identity

MARK = "SUBMARINE_RUN"
"""The variable by which processes of a replica are known, whatever session they ran away into."""


def mark(token: str, replica: str) -> str:
    """Return the value of `MARK` for *replica* of the attempt with *token*."""
    return f"{token}/{replica}"


def sweep(value: str, cgroup: Spec, *, patience: float = 5.0) -> int:
    """Kill every process marked with *value* or in *cgroup*; return how many were there.

    Only for replicas whose supervisor is dead: it would otherwise see its command die.
    """
    group = Cgroup(cgroup)
    group.freeze(frozen=False)
    killed: set[Identity] = set()
    deadline = time.monotonic() + patience
    while left := _found(value, group):
        killed.update(left)
        for identity in left:
            processes.send(identity, signal.SIGKILL)
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    group.remove()
    return len(killed)


def _found(value: str, group: Cgroup) -> set[Identity]:
    inside = (processes.identify(pid) for pid in group.processes())
    return {*processes.marked(f"{MARK}={value}"), *(i for i in inside if i)}
