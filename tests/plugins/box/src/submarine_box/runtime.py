"""The box as Submarine sees a runtime."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from submarine.core.clock import now
from submarine.core.errors import InvalidError, NotFoundError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.observation import Observation, Phase, ReplicaView
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Workload
from submarine_box.link import Link

PAUSE = 0.1
"""Seconds between two looks of somebody who watches or follows."""


class BoxRuntime:
    """Runtime, Identifiable, Selective, Readable, Spooling, Addressable and Suspendable."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def submit(self, workload: Workload) -> None:
        """See `Runtime.submit`; the daemon lets one of two at once win."""
        if why := self.refusal(workload):
            raise InvalidError(why)
        await self._link.ask("submit", workload=_told(workload))

    async def identity(self) -> str:
        """See `Identifiable.identity`."""
        found: str = await self._link.ask("identity")
        return found

    def refusal(self, workload: Workload) -> str | None:
        """See `Selective.refusal`."""
        if workload.source is not None:
            return "a box runs commands only, and this brings code"
        if workload.environment.image or workload.environment.packages:
            return "a box has the environment of its machine and no other"
        if workload.resources.cpu > 10**9 or workload.resources.extra:
            return "no box is that large"
        return None

    async def observe(self, handles: Collection[Handle] | None = None) -> Sequence[Observation]:
        """See `Runtime.observe`."""
        asked = None if handles is None else list(handles)
        return [_observation(seen) for seen in await self._link.ask("observe", handles=asked)]

    async def watch(self) -> AsyncIterator[Observation]:
        """See `Runtime.watch`; looks again and again, and tells what is not as it was."""
        told: dict[Handle, dict[str, Any]] = {}
        while True:
            seen = {one["handle"]: one for one in await self._link.ask("observe", handles=None)}
            for handle, one in seen.items():
                if told.get(handle) != one:
                    told[handle] = one
                    yield _observation(one)
            for handle in told.keys() - seen.keys():
                del told[handle]
            await asyncio.sleep(PAUSE)

    async def cancel(self, handle: Handle, grace: float) -> None:
        """See `Runtime.cancel`."""
        await self._link.ask("cancel", handle=handle, grace=grace)

    async def remove(self, handle: Handle) -> None:
        """See `Runtime.remove`."""
        await self._link.ask("remove", handle=handle)

    async def capacity(self) -> Capacity:
        """See `Runtime.capacity`."""
        found = await self._link.ask("capacity")
        return Capacity(total=Resources(**found["total"]), free=Resources(**found["free"]), queues=False)

    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        """See `Readable.logs`."""
        while True:
            read = await self._link.ask("read", handle=handle, role=role, index=index, offset=offset)
            if chunk := base64.b64decode(read["chunk"]):
                offset += len(chunk)
                yield chunk
                continue
            if read["over"] or not follow:
                return
            await asyncio.sleep(PAUSE)

    async def spool(self, handle: Handle) -> AsyncIterator[bytes]:
        """See `Spooling.spool`."""
        for folder in await self._link.ask("spools", handle=handle):
            for path in sorted(Path(folder).glob("*.jsonl")):
                whole, _, _ = path.read_bytes().rpartition(b"\n")
                for line in filter(None, whole.split(b"\n")):
                    yield line

    async def endpoint(self, handle: Handle, role: str, port: str) -> str:
        """See `Addressable.endpoint`."""
        replica = await self._link.ask("replica", handle=handle, role=role, index=0)
        if replica["ended"] or port not in replica["ports"]:
            raise NotFoundError(f"{role} of {handle} has no port {port!r} that could be reached")
        return f"http://127.0.0.1:{replica['ports'][port]}"

    async def suspend(self, handle: Handle) -> None:
        """See `Suspendable.suspend`."""
        await self._link.ask("pause", handle=handle, paused=True)

    async def resume(self, handle: Handle) -> None:
        """See `Suspendable.resume`."""
        await self._link.ask("pause", handle=handle, paused=False)


def _observation(seen: dict[str, Any]) -> Observation:
    replicas = tuple(ReplicaView(**{**r, "phase": Phase(r["phase"])}) for r in seen["replicas"])
    # dated here: the daemon's clock may stand elsewhere
    return Observation(**{**seen, "at": now(), "phase": Phase(seen["phase"]), "replicas": replicas})


def _told(workload: Workload) -> dict[str, Any]:
    """Return *workload* as the daemon wants it: every process with its whole environment."""
    peers = Peers(
        addresses={
            role.name: tuple(f"127.0.0.1:{_free_port()}" for _ in range(role.replicas))
            for role in workload.roles
        }
    )
    processes = []
    for role in workload.roles:
        for index in range(role.replicas):
            ports = {name: wanted or _free_port() for name, wanted in role.ports.items()}
            environment = {
                **role.env,
                **workload.framework.variables(peers, role.name, index),
                **workload.secrets,
                "SUBMARINE_ROLE": role.name,
                "SUBMARINE_INDEX": str(index),
                "SUBMARINE_REPLICA": f"{role.name}-{index}",
                **({"PORT": str(next(iter(ports.values())))} if ports else {}),
            }
            process = {"role": role.name, "index": index, "command": role.command, "ports": ports}
            processes.append({**process, "environment": environment})
    return {
        "name": workload.name,
        "success": workload.success.value,
        "grace": workload.grace,
        "max_duration": workload.max_duration,
        "resources": asdict(workload.resources),
        "processes": processes,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
