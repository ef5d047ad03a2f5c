"""What a server's local jobs are on the machine, asked of the kernel and not of our records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.entrypoints.server import Server


def supervisors(server: Server, job: str = "*") -> dict[int, str]:
    """Return the living supervisors of *job*, or of all jobs, and whose each is."""
    found = {}
    for state in server.data.glob(f"clusters/*/workloads/sub-{job}-*/replicas/*/state.json"):
        try:
            pid = int(json.loads(state.read_bytes())["supervisor"][0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue  # it has ended, or its job was removed
        if str(state.parents[2]).encode() in command:
            found[pid] = state.parents[2].name.split("-")[1]
    return found


def processes(server: Server) -> dict[int, str]:
    """Return the pid and command of all that runs for the jobs of *server*, supervisors too."""
    return dict(_processes(f"{server.data}/clusters/".encode()))


def _processes(mark: bytes) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if command and (mark in command or mark in environ):
            yield int(folder.name), command.replace(b"\0", b" ").decode(errors="replace")[:200]
