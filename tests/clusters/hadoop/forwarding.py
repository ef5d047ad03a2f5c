"""A forward proxy: one place through which everything goes to a cluster, so that it can break."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from submarine.contracts.faults.ending import stop, until_alone


@contextmanager
def forwarding() -> Iterator[tuple[str, int]]:
    """Forward HTTP meanwhile; yield host and port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="forwarding", daemon=True)
    thread.start()
    tasks: set[asyncio.Task[None]] = set()

    async def begin() -> asyncio.Server:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await _forward(reader, writer)
            finally:
                await _shut(writer)
                tasks.discard(task)

        return await asyncio.start_server(take, "127.0.0.1", 0)

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    async def end() -> None:
        await stop(server)
        await until_alone(cancel)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield host, port
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry one request to where its first line says, and the answer back; then the connection ends."""
    head = await reader.readuntil(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    method, url, version = line.split(b" ")
    parts = urlsplit(url.decode())
    kept = [f for f in fields.split(b"\r\n") if f and not f.lower().startswith((b"connection:", b"proxy-"))]
    path = url.decode().partition(parts.netloc)[2] or "/"
    theirs, there = await asyncio.open_connection(parts.hostname, parts.port or 80)
    lines = [b" ".join((method, path.encode(), version)), *kept, b"Connection: close", b"", b""]
    there.write(b"\r\n".join(lines))
    asking = asyncio.create_task(_pipe(reader, there))
    try:
        await _pipe(theirs, writer)
    finally:
        asking.cancel()
        try:
            await asyncio.gather(asking, return_exceptions=True)
        finally:
            await _shut(there)


async def _shut(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and see it closed: a loop that ends too early leaves a warning behind.

    Who is cancelled meanwhile waits no longer for what the other side does not take.
    """
    try:
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()
    finally:
        writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()
