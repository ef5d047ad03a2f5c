"""A way to an API server that a test can cut: what is behind it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import yaml


class Relay:
    """Carries TCP connections; `cut` ends them all and takes no new ones until it is over."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        """Relay to the host and port of *url*."""
        parts = urlsplit(url)
        relay = cls(parts.hostname or "", parts.port or 443)
        await relay._listen()
        try:
            yield relay
        finally:
            await relay._stop()

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        """Nobody gets through meanwhile."""
        await self._stop()
        try:
            yield
        finally:
            await self._listen()

    def break_connections(self) -> None:
        """End all connections there are; new ones are taken at once."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.break_connections()
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self._writers.add(there_writer)
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
            self._writers.discard(there_writer)
        self._writers.discard(writer)
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(65_536):
            writer.write(block)
            await writer.drain()
    writer.close()


def through(kubeconfig: Path, relay: Relay, path: Path) -> Path:
    """Write *kubeconfig* to *path*, with the server behind *relay*."""
    document = yaml.safe_load(kubeconfig.read_text())
    for cluster in document["clusters"]:
        host = urlsplit(cluster["cluster"]["server"]).hostname
        cluster["cluster"] |= {"server": f"https://127.0.0.1:{relay.port}", "tls-server-name": host}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path
