"""The world's jobs as Submarine sees a runtime: questions over a socket, changes over another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from submarine.core.errors import UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation, Phase, ReplicaView
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Workload

LIMIT: Final = 2**24
_ROOM: Final = Resources(cpu=10**9, memory=2**60)


class SimulatedRuntime:
    """Each call is a connection of its own, as to any daemon; the world answers with one line of JSON."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`."""
        await self._ask("submit", handle=workload.name, token=workload.secrets.get("SUBMARINE_TOKEN", ""))

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`."""
        told = await self._ask("observe", handles=None if handles is None else list(handles))
        return [_observation(seen) for seen in told]

    async def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`."""
        reader, writer = await self._connect()
        with closing(writer):
            writer.write(b'{"call":"watch"}\n')
            while line := await reader.readline():
                yield _observation(json.loads(line))
        raise UnavailableError("the world hung up")

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`; nothing here needs *grace*."""
        del grace
        await self._ask("cancel", handle=handle)

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`."""
        await self._ask("remove", handle=handle)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`; there is room for everybody."""
        return Capacity(total=_ROOM, free=_ROOM, queues=False)

    async def _ask(self, call: str, **said: object) -> Any:
        reader, writer = await self._connect()
        with closing(writer):
            writer.write(json.dumps({"call": call, **said}).encode() + b"\n")
            if not (line := await reader.readline()):
                raise UnavailableError("the world hung up")
        return json.loads(line)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(self._path, limit=LIMIT)
        except OSError as error:
            raise UnavailableError(f"the world does not answer: {error}") from error


def _observation(seen: tuple[str, str, int, int]) -> Observation:
    """Read [handle, phase, when it began, when this was seen]."""
    handle, phase, began, at = seen
    if phase == Phase.ABSENT:
        return Observation(handle=Handle(handle), phase=Phase.ABSENT, at=at)
    replica = ReplicaView(role="worker", index=0, phase=Phase(phase), node="imagined", started=began)
    return Observation(handle=Handle(handle), phase=Phase(phase), at=at, replicas=(replica,))
