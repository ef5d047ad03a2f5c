"""Workloads for real processes, and ways to wait for what becomes of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from submarine.contracts.runtime.stage import Rendezvous
from submarine.core.ids import new_id
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind, handle_of

PATIENCE = 60.0
SMALL = Resources(cpu=100)
"""Enough to start within a moment where the limit is enforced."""


def role(*command: str, name: str = "worker", replicas: int = 1, **more: Any) -> Role:
    """Return a role of modest size."""
    return Role(name=name, replicas=replicas, command=command, **{"resources": SMALL, **more})


def workload(*command: str, roles: tuple[Role, ...] = (), **more: Any) -> Workload:
    """Return a batch of *roles*, or of one replica of *command*."""
    job = new_id()
    of_role = {key: more.pop(key) for key in ("env", "resources", "replicas", "ports") if key in more}
    given: dict[str, Any] = {"kind": WorkloadKind.BATCH, "framework": Rendezvous(), "grace": 1.0, **more}
    parts = roles or (role(*command, **of_role),)
    return Workload(name=handle_of(job, 1), job=job, attempt=1, roles=parts, **given)


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs *code*, quickly."""
    return (sys.executable, "-I", "-S", "-c", code, *arguments)


def shell(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that has a shell run *code*, with ``$1`` and so on."""
    return ("sh", "-c", code, "sh", *arguments)


async def ended(runtime: Any, handle: Handle) -> Observation:
    """Return how *handle* has ended."""
    return await until(runtime, handle, lambda o: o.phase.ended)


async def until(runtime: Any, handle: Handle, holds: Callable[[Observation], bool]) -> Observation:
    """Return the first observation of *handle* for which *holds* says so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            (seen,) = await runtime.observe([handle])
            if holds(seen):
                found: Observation = seen
                return found
            await asyncio.sleep(0.02)


async def output(runtime: Any, handle: Handle, **more: Any) -> bytes:
    """Return what the first worker has written."""
    return b"".join([chunk async for chunk in runtime.logs(handle, "worker", 0, **more)])


async def text(runtime: Any, handle: Handle) -> str:
    """Return what the first worker has written, as text."""
    return (await output(runtime, handle)).decode()


async def written(path: Path) -> int:
    """Return the number that somebody writes into *path*, line and all."""
    async with asyncio.timeout(PATIENCE):
        while not (path.exists() and path.read_text()):
            await asyncio.sleep(0.02)
    return int(path.read_text())


async def gone(*pids: int) -> None:
    """Wait until none of *pids* is alive."""
    async with asyncio.timeout(PATIENCE):
        while any(alive(pid) for pid in pids):
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether *pid* is a process, and no corpse."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
