"""Where simulated jobs live: outside of the server, so that they outlive it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from bench.simulated.runtime import LIMIT
from submarine.core.clock import now

ENTRY_POINTS: Final = "[submarine.plugins]\nsimulated = bench.simulated.plugin\n"
METADATA: Final = "Metadata-Version: 2.1\nName: submarine-bench-simulated\nVersion: 1.0\n"


class World:
    """All jobs by handle. They run until somebody changes them."""

    def __init__(self) -> None:
        self.phases: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.asked: set[str] = set()
        """Handles that were asked after since somebody emptied this."""
        self._began: dict[str, int] = {}
        self._watchers: set[asyncio.Queue[str]] = set()
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    def change(self, handles: Iterable[str], phase: str) -> None:
        """Let *handles* be in *phase* from now on, and tell whoever watches."""
        for handle in handles:
            self.phases[handle] = phase
            for watcher in self._watchers:
                watcher.put_nowait(handle)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self._open[writer] = asyncio.current_task()
        try:
            said = json.loads(await reader.readline() or b'{"call":"nothing"}')
            if said["call"] == "watch":
                await self._watched(writer)
            else:
                writer.write(json.dumps(getattr(self, f"_{said.pop('call')}")(**said)).encode() + b"\n")
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass  # the server hung up, or we are done
        finally:
            self._open.pop(writer, None)
            writer.close()

    async def hang_up(self) -> None:
        """End every connection."""
        tasks = [task for task in self._open.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watched(self, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[str] = asyncio.Queue()
        for handle in self.phases:
            queue.put_nowait(handle)
        self._watchers.add(queue)
        try:
            while True:
                handles = [await queue.get()]
                while not queue.empty():
                    handles.append(queue.get_nowait())
                writer.write(b"".join(json.dumps(self._seen(handle)).encode() + b"\n" for handle in handles))
                await writer.drain()
        finally:
            self._watchers.discard(queue)

    def _seen(self, handle: str) -> tuple[str, str, int, int]:
        return handle, self.phases.get(handle, "absent"), self._began.get(handle, 0), now()

    def _nothing(self) -> None:
        """Answer whoever hung up before asking."""

    def _submit(self, handle: str, token: str) -> None:
        if handle not in self.phases:
            self._began[handle] = now()
            self.tokens[handle] = token
            self.change([handle], "running")

    def _observe(self, handles: list[str] | None) -> list[tuple[str, str, int, int]]:
        asked = list(self.phases) if handles is None else handles
        if handles is not None:
            self.asked.update(handles)
        return [self._seen(handle) for handle in asked]

    def _cancel(self, handle: str) -> None:
        if self.phases.get(handle) in {"running", "suspended"}:
            self.change([handle], "cancelled")

    def _remove(self, handle: str) -> None:
        self.phases.pop(handle, None)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[tuple[World, str, dict[str, str]]]:
    """Yield a world, the cluster's lines for a configuration, and what a server's environment needs.

    The plugin is installed for that server alone: metadata as pip leaves it, on its path.
    """
    site = folder / "site"
    info = site / "submarine_bench_simulated-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    made = World()
    path = folder / "world.sock"
    server = await asyncio.start_unix_server(made.serve, path, limit=LIMIT, backlog=256)
    cluster = f'[[clusters]]\nname = "imagined"\nuse = "simulated"\nsocket = "{path}"\n'
    here = Path(__file__).parents[2]
    try:
        yield made, cluster, {"PYTHONPATH": f"{site}:{here}"}
    finally:
        server.close()
        await made.hang_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await server.wait_closed()


def tokens_of(found: World) -> dict[str, Any]:
    """Return the tokens of jobs by the id of their experiment."""
    return {handle.split("-")[1]: token for handle, token in found.tokens.items()}
