"""Clients that hold what they have and give nothing, and what a server in its own process makes of them."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import time
from pathlib import Path

import httpx

from tests.entrypoints.server import Server


def raise_limit() -> None:
    """Let this process and the servers it starts have many files open; the hard limit is the machine's."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def resident(server: Server) -> float:
    """Return how many MiB of memory the server's process holds."""
    assert server._process is not None
    for line in Path(f"/proc/{server._process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a process without memory")


def busy(server: Server) -> float:
    """Return how many seconds of a processor the server has used since it started."""
    assert server._process is not None
    stat = Path(f"/proc/{server._process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Silent:
    """Raw connections that send what they are told, and read only when asked to."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.sockets: list[socket.socket] = []

    async def open(self, count: int, data: bytes = b"") -> None:
        """Open *count* more, and send *data* on each."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            made = socket.socket()
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.sockets.append(made)
            await loop.sock_connect(made, ("127.0.0.1", self._server.port))
            if data:
                await loop.sock_sendall(made, data)

    def trickle(self, data: bytes) -> int:
        """Send a few bytes on each; return how many are still open."""
        alive = 0
        for one in self.sockets:
            try:
                one.send(data)
                alive += 1
            except BlockingIOError:
                alive += 1
            except OSError:
                pass
        return alive

    def closed(self) -> int:
        """Return how many the server has closed."""
        return sum(self._is_closed(one) for one in self.sockets)

    @staticmethod
    def _is_closed(one: socket.socket) -> bool:
        try:
            while data := one.recv(65_536):
                del data
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        for one in self.sockets:
            one.close()


async def slowest_of_most(server: Server, calls: int = 60) -> float:
    """Return the 95th percentile of the seconds that authenticated calls take, one after the other."""
    took = []
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
        for _ in range(calls):
            began = time.perf_counter()
            assert (await client.get("/api/v1/me")).status_code == 200
            took.append(time.perf_counter() - began)
    return sorted(took)[int(calls * 0.95)]


async def gauge(server: Server, name: str) -> float:
    """Return the value of a gauge among the server's metrics."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        text = (await client.get("/metrics")).text
    return next(
        float(line.split()[-1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name
    )
