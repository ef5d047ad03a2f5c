"""A real server process for a benchmark."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

READY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """``ready`` is how many seconds it took from spawn to the first good answer of ``/readyz``."""

    url: str
    token: str
    pid: int
    ready: float
    data: Path

    def memory(self) -> int:
        """Return its resident memory in bytes."""
        return resident(self.pid)

    def peak(self) -> int:
        """Return the most memory in bytes that it ever had resident."""
        return _status(self.pid, "VmHWM")

    def cpu(self) -> float:
        """Return the seconds of a core that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    return _status(pid, "VmRSS")


def _status(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field))


def configuration(records: str, *, cpu: int = 64, cluster: str = "") -> str:
    """Return a configuration: *records* is a PostgreSQL URL, or empty for SQLite.

    *cluster* is the table of another cluster than the local one.
    """
    said = [
        "[server]\nport = 0\n",
        f'[records]\nuse = "postgres"\nurl = "{records}"\n' if records else "",
        cluster or f'[[clusters]]\nname = "local"\nuse = "local"\ncpu = {cpu}\nmemory = "64Gi"\n',
        '[log]\nlevel = "warning"\n',
    ]
    return "\n".join(said)


@asynccontextmanager
async def serving(
    data: Path, config: str, variables: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Start a server on *data* with *variables* in its environment, and stop it in the end."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "bench.toml"
    path.write_text(config)
    (data / "server.json").unlink(missing_ok=True)
    env = {**os.environ, **(variables or {}), "SUBMARINE_SERVER__DATA": str(data)}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "submarine.entrypoints.cli", "server", "start", "--config", str(path)),
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=(data / "server.log").open("ab"),
    )
    try:
        url = await _ready(data, process, began)
        ready = time.perf_counter() - began
        token = (data / "admin-token").read_text().strip()
        yield Server(url=url, token=token, pid=process.pid, ready=ready, data=data)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _ready(data: Path, process: asyncio.subprocess.Process, began: float) -> str:
    while time.perf_counter() - began < READY_S:
        if process.returncode is not None:
            break
        try:
            url = str(json.loads((data / "server.json").read_text())["url"])
            host, _, port = url.removeprefix("http://").rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            line = await reader.readline()
            writer.close()
            if b" 200 " in line:
                return url
        except (OSError, ValueError):
            pass
        await asyncio.sleep(0.005)
    raise RuntimeError(f"the server did not become ready; see {data / 'server.log'}")
