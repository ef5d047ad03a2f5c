"""A runtime in memory, reached over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import Any

from submarine.core.clock import now
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.workload import Handle, Workload
from tests.contracts.wired.wire import Wire


class WiredRuntime:
    """Runtime, Readable, Spooling, Addressable, Suspendable and Scalable."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def submit(self, workload: Workload) -> None:
        await self.wire.ask("submit", workload)

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        asked = None if handles is None else list(handles)
        return [replace(seen, at=now()) for seen in await self.wire.ask("observe", asked)]

    async def watch(self) -> AsyncIterator[Observation]:
        # who watches an empty cluster waits long: a look of its own tells whether anybody is there
        await self.wire.ask("capacity")
        async for seen in self.wire.stream("watch", patient=True):
            yield replace(seen, at=now())

    async def cancel(self, handle: Handle, grace: float) -> None:
        await self.wire.ask("cancel", handle, grace)

    async def remove(self, handle: Handle) -> None:
        await self.wire.ask("remove", handle)

    async def capacity(self) -> Capacity:
        found: Capacity = await self.wire.ask("capacity")
        return found

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        told: dict[str, Any] = {"offset": offset, "follow": follow, "patient": follow}
        async for chunk in self.wire.stream("logs", handle, role, index, **told):
            yield chunk

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        async for line in self.wire.stream("spool", handle):
            yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        found: str = await self.wire.ask("endpoint", handle, role, port)
        return found

    async def suspend(self, handle: Handle) -> None:
        await self.wire.ask("suspend", handle)

    async def resume(self, handle: Handle) -> None:
        await self.wire.ask("resume", handle)

    async def scale(self, workload: Workload) -> None:
        await self.wire.ask("scale", workload)
