"""Owns the processes: ``python -m submarine_box.daemon FOLDER CPU MEMORY``."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import fcntl
import hmac
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from submarine.core.workloads.resources import Resources
from submarine.core.workloads.verdict import LIVE, STOPPED, ends_all, judge
from submarine_box.process import Process, now

PIECE = 2**14
"""Bytes of output in one answer."""
IDLE = 20.0
"""Seconds without work and without a question after which the daemon leaves."""


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The answer is no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Job:
    """A workload in the box."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.name: str = told["name"]
        self.cancelled = False
        self.resources = Resources(**told["resources"])
        self.folder = folder
        self.processes = [Process(one, folder, self._changed) for one in told["processes"]]
        self._success: str = told["success"]
        self._grace: float = told["grace"]
        self._tasks = [asyncio.ensure_future(process.run()) for process in self.processes]
        if (longest := told["max_duration"]) is not None:
            cause = ("failed", "deadline-exceeded", f"ran longer than {longest:g} s")
            asyncio.get_running_loop().call_later(longest, self._end_all, cause, self._grace)

    @property
    def lives(self) -> bool:
        """Tell whether anything of it runs."""
        return any(process.phase in LIVE for process in self.processes)

    def cancel(self, grace: float) -> None:
        """Ask all to end."""
        if self.lives:
            self.cancelled = True
            self._end_all(("cancelled", "cancelled", "cancelled"), grace)

    async def gone(self) -> None:
        """Return when nothing of it runs."""
        self.cancel(0.0)
        await asyncio.gather(*self._tasks)

    def told(self) -> dict[str, Any]:
        """Return how it fares."""
        verdict = judge(self._success, [p.state for p in self.processes], cancelled=self.cancelled)
        names = ("role", "index", "phase", "exit_code", "reason", "message", "started", "ended")
        replicas = [{name: getattr(process, name) for name in names} for process in self.processes]
        return {"handle": self.name, "replicas": replicas, **verdict._asdict()}

    def _changed(self) -> None:
        for number, process in enumerate(self.processes):
            if ends_all(self._success, process.state, chief=number == 0):
                message = f"stopped, as {process.state.name} has ended"
                self._end_all(("cancelled", STOPPED, message), self._grace)

    def _end_all(self, cause: tuple[str, str, str], grace: float) -> None:
        for process in self.processes:
            process.terminate(cause, grace)


class Daemon:
    """Answers one question a connection."""

    def __init__(self, folder: Path, total: Resources) -> None:
        self.folder = folder
        self.total = total
        self.jobs: dict[str, Job] = {}
        self.heard = now()
        self._tombs = folder / "cancelled"
        self._tombs.mkdir(exist_ok=True)

    async def answer(self, question: dict[str, Any]) -> Any:
        """Return the answer; raise `Refused`."""
        self.heard = now()
        verb = question.pop("verb")
        method: Callable[..., Any] = getattr(self, f"do_{verb}")
        found = method(**question)
        return await found if asyncio.iscoroutine(found) else found

    def do_submit(self, workload: dict[str, Any]) -> None:
        """Start it, or leave what is there as it is."""
        name = workload["name"]
        if name in self.jobs or (self._tombs / name).exists():
            return
        asked = Resources(**workload["resources"])
        if shortage := asked.shortage(self.total):
            raise Refused("invalid", f"this box is too small: {shortage}")
        if shortage := asked.shortage(self._free()):
            raise Refused("full", f"no room: {shortage}")
        self.jobs[name] = Job(workload, self.folder / "jobs" / name)

    def do_observe(self, handles: list[str] | None) -> list[dict[str, Any]]:
        """Return how those asked for fare."""
        absent = {"phase": "absent", "replicas": []}
        names = list(self.jobs) if handles is None else handles
        return [self.jobs[n].told() if n in self.jobs else {"handle": n, **absent} for n in names]

    def do_cancel(self, handle: str, grace: float) -> None:
        """Ask for the end, also of what has not come yet."""
        if job := self.jobs.get(handle):
            job.cancel(grace)
        else:
            self._bury(handle)

    async def do_remove(self, handle: str) -> None:
        """Kill and forget."""
        if job := self.jobs.get(handle):
            self._bury(handle)
            await job.gone()
            self.jobs.pop(handle, None)
            await asyncio.to_thread(shutil.rmtree, job.folder, True)

    def do_identity(self) -> str:
        """Return what no other box answers; the folder keeps it when the daemon goes."""
        kept = self.folder / "identity"
        if not kept.exists():
            fresh = self.folder / ".identity"
            fresh.write_text(secrets.token_hex(8))
            fresh.rename(kept)
        return kept.read_text()

    def do_capacity(self) -> dict[str, Any]:
        """Return what there is and what is free."""
        return {"total": asdict(self.total), "free": asdict(self._free())}

    def do_replica(self, handle: str, role: str, index: int) -> dict[str, Any]:
        """Return the ports of a process, and whether it has ended."""
        process = self._process(handle, role, index)
        return {"ports": process.ports, "ended": process.phase not in LIVE}

    def do_read(self, handle: str, role: str, index: int, offset: int) -> dict[str, Any]:
        """Return some of the output of a process from *offset* on, and whether there will be no more."""
        process = self._process(handle, role, index)
        ended = process.phase not in LIVE  # before reading: it may write between the two
        chunk = b""
        with contextlib.suppress(FileNotFoundError), process.log.open("rb") as log:
            log.seek(offset)
            chunk = log.read(PIECE)
        return {"chunk": base64.b64encode(chunk).decode(), "over": ended and len(chunk) < PIECE}

    def do_spools(self, handle: str) -> list[str]:
        """Return the folders of the spools."""
        job = self.jobs.get(handle)
        return [str(process.spool) for process in job.processes] if job else []

    def do_pause(self, handle: str, paused: bool) -> None:
        """Let all of it stand still, or go on."""
        if handle not in self.jobs:
            raise Refused("not-found", f"no workload {handle!r}")
        for process in self.jobs[handle].processes:
            process.pause(paused=paused)

    def _process(self, handle: str, role: str, index: int) -> Process:
        for process in self.jobs[handle].processes if handle in self.jobs else ():
            if (process.role, process.index) == (role, index):
                return process
        raise Refused("not-found", f"no replica {role}-{index} of {handle!r}")

    def _bury(self, handle: str) -> None:
        if handle.startswith("sub-") and "/" not in handle:
            (self._tombs / handle).touch()

    def _free(self) -> Resources:
        free = self.total
        for job in self.jobs.values():
            if job.lives:
                free -= job.resources
        return free


async def serve(folder: Path, total: Resources) -> None:
    """Answer until nobody needs the box any more."""
    daemon, token = Daemon(folder, total), secrets.token_hex(16)

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            question = json.loads(await reader.readuntil(b"\n"))
            known, in_time = question.pop("token", ""), time.monotonic() < question.pop("until", 0)
            if hmac.compare_digest(known, token) and in_time:
                writer.write(json.dumps(await _answered(daemon, question)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0, limit=2**26) as server:
        known = {"port": server.sockets[0].getsockname()[1], "token": token, "pid": os.getpid()}
        fresh = folder / ".daemon.json"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(known))
        fresh.rename(folder / "daemon.json")
        while daemon.jobs or now() - daemon.heard < IDLE * 1000:
            await asyncio.sleep(1.0)


async def _answered(daemon: Daemon, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": await daemon.answer(question)}
    except Refused as no:
        return {"error": no.code, "message": str(no)}


def main() -> None:
    """Run, unless another daemon has this folder."""
    folder = Path(sys.argv[1])
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        total = Resources(cpu=round(float(sys.argv[2]) * 1000), memory=int(sys.argv[3]))
        asyncio.run(serve(folder, total))


if __name__ == "__main__":
    main()
