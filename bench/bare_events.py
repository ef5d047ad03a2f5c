"""A bare aiohttp server of events: each line of its input is an event for everybody. Run as a program."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web


class Bare:
    """Streams that are open, and what is still to be written to each."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes]] = set()

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Write whatever comes until the client leaves."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                await response.write(await queue.get())
        except ConnectionError:
            return response
        finally:
            self._queues.discard(queue)

    def publish(self, line: bytes) -> None:
        """Write an event whose newlines came as NUL."""
        event = line.strip(b"\n").replace(b"\0", b"\n")
        for queue in self._queues:
            queue.put_nowait(event)


async def main() -> None:
    """Serve until the input ends."""
    bare = Bare()
    app = web.Application()
    app.router.add_get("/events", bare.events)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        bare.publish(line)


if __name__ == "__main__":
    uvloop.run(main())
