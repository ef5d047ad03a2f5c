"""Ports on this machine behind which a pod's port is, as ``kubectl port-forward`` has them.

Protocol: v4.channel.k8s.io of the kubelet's streaming server. A binary message begins with its channel, 0
for data and 1 for errors; the first of each channel holds the port, in two bytes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.kinds import PODS
from submarine.core.errors import SubmarineError

log = logging.getLogger(__name__)

_PROTOCOL: Final = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_BLOCK: Final = 2**16
_PORT_BYTES: Final = 3


class Forwarder:
    """Listens on the loopback address for each pod and port that somebody asks for."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._servers: dict[tuple[str, int], asyncio.Server] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Forward meanwhile."""
        try:
            yield
        finally:
            for server in self._servers.values():
                server.close()

    async def address(self, uid: str, pod: str, port: int) -> str:
        """Return where *port* of *pod* is reached on this machine; the same each time."""
        if (server := self._servers.get((uid, port))) is None:

            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._carry(pod, port, reader, writer)

            server = await asyncio.start_server(connected, "127.0.0.1", 0)
            self._servers[uid, port] = server
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def close(self, uids: set[str]) -> None:
        """Stop listening for pods that are not in *uids*."""
        for key in [key for key in self._servers if key[0] not in uids]:
            self._servers.pop(key).close()

    async def _carry(
        self, pod: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        path = f"{PODS.path(self._api.namespace)}/{pod}/portforward"
        try:
            socket = await self._api.socket(path, {"ports": str(port)}, _PROTOCOL)
            async with socket:
                up = asyncio.create_task(_upwards(reader, socket))
                try:
                    await _downwards(socket, writer)
                finally:
                    up.cancel()
        except (SubmarineError, ConnectionError, aiohttp.ClientError) as error:
            log.debug("a connection to port %d of %s broke: %s", port, pod, error)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _upwards(reader: asyncio.StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    while block := await reader.read(_BLOCK):
        await socket.send_bytes(bytes([_DATA]) + block)


async def _downwards(socket: aiohttp.ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
    greeted = set()
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
            continue
        channel, data = message.data[0], message.data[1:]
        if channel not in greeted and len(message.data) == _PORT_BYTES:
            greeted.add(channel)
            continue
        if channel == _ERROR:
            if data:
                log.debug("port-forward: %s", data.decode(errors="replace"))
                return
        else:
            writer.write(data)
            await writer.drain()
