"""A proxy that misbehaves on demand: cuts connections, loses answers, answers for the server."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress

LOSE = b""
"""In `FaultyProxy.faults`: forward the request, then cut instead of passing the answer on."""


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class FaultyProxy:
    """``faults`` are used up, one by each new connection; afterwards it is a plain pipe."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.faults: deque[bytes] = deque()
        self.requests = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        server.close()
        self._cut()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def cut(self) -> None:
        """Cut every connection there is, in the middle of whatever it carries."""
        self.loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.requests += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            if self.faults:
                await self._misbehave(self.faults.popleft(), reader, writer)
            else:
                await self._pipe(reader, writer)
        writer.transport.abort()
        self._writers.discard(writer)

    async def _misbehave(
        self, fault: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = [
            int(h.split(b":")[1]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")
        ]
        request = head + (await reader.readexactly(length[0]) if length else b"")
        if fault:
            writer.write(fault)
            await writer.drain()
            return
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        upstream.write(request)
        await upstream_reader.read(1)  # it has answered: the work is done
        upstream.transport.abort()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        self._writers.add(upstream)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(1 << 16):
                    target.write(data)
                    await target.drain()
            target.transport.abort() if source.exception() else target.close()

        await asyncio.gather(copy(reader, upstream), copy(upstream_reader, writer))
        self._writers.discard(upstream)
