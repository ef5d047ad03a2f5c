"""Events to hundreds of watchers, against a bare aiohttp server that writes the same bytes to as many."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench.listeners import Listener, listening
from bench.metrics import run_jobs
from bench.report import Finding, quantile
from bench.scale import Scale
from bench.server import Server, configuration, resident, serving
from bench.simulated.world import World, world

Publish = Callable[[int], None]
"""Makes something happen of which everybody is told; of so many things, one event each."""

PACE = 20.0
"""Events a second while delays are measured, each to every watcher."""
_EVENT = re.compile(rb"id: [^\n]*\nevent: [^\n]*\ndata: [^\n]*\n\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """``rate`` of a burst, in events a second times watchers; ``delays`` in seconds at a steady pace."""

    rate: float
    delays: Sequence[float]
    memory: int
    text: bytes


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Measure us, then the bare server with our bytes."""
    async with world(folder) as (imagined, cluster, variables):
        config = configuration("", cluster=cluster)
        async with serving(folder / "fanout", config, variables) as server:
            await run_jobs(server, imagined, scale.events)
            rest = server.memory()
            ours = await _ours(server, imagined, scale)
    event = _EVENT.findall(ours.text)[-1]
    async with _bare() as (url, pid, publish):
        bare_rest = resident(pid)
        bare = await _heard(url, "/events", "", scale, lambda count: publish([event] * count), pid)
    said = f"{scale.watchers} watchers"
    against = "a bare aiohttp server, the same bytes"
    return [
        Finding(
            name=f"events/s to {said}, burst", ours=ours.rate, limit=bare.rate, unit="/s", limit_name=against
        ),
        Finding(
            name=f"delay of an event to {said}, p95",
            ours=quantile(ours.delays, 0.95) * 1000,
            limit=quantile(bare.delays, 0.95) * 1000,
            unit="ms",
            limit_name=f"{against}, {PACE:g} events/s",
        ),
        Finding(
            name=f"memory for {said}",
            ours=max(ours.memory - rest, 1) / 2**20,
            limit=max(bare.memory - bare_rest, 1) / 2**20,
            unit="MiB",
            limit_name=against,
        ),
    ]


async def _ours(server: Server, imagined: World, scale: Scale) -> Heard:
    handles = list(imagined.phases)
    turn = cycle(handles)

    def publish(count: int) -> None:
        for _ in range(count):
            handle = next(turn)
            phase = "running" if imagined.phases[handle] == "suspended" else "suspended"
            imagined.change([handle], phase)

    return await _heard(server.url, "/api/v1/events", server.token, scale, publish, server.pid)


async def _heard(url: str, path: str, token: str, scale: Scale, publish: Publish, pid: int) -> Heard:
    async with listening(url, path, token, scale.watchers) as listeners:
        listeners[0].keep = True
        publish(1)  # who watches first makes the feed find its place
        await _all(listeners, 1)
        delays = await _paced(listeners, publish, scale)
        memory = resident(pid)
        for listener in listeners:
            listener.forget()
        began = time.time()
        publish(scale.events)
        await _all(listeners, scale.events)
        rate = scale.events * scale.watchers / (time.time() - began)
        return Heard(
            rate=rate, delays=delays, memory=max(memory, resident(pid)), text=bytes(listeners[0].text)
        )


async def _paced(listeners: Sequence[Listener], publish: Publish, scale: Scale) -> list[float]:
    for listener in listeners:
        listener.forget()
    sent: list[float] = []
    for _ in range(max(int(scale.seconds * PACE), 3)):
        sent.append(time.time())
        publish(1)
        await asyncio.sleep(1 / PACE)
    await _all(listeners, len(sent))
    return [heard - at for listener in listeners for at, heard in zip(sent, listener.times, strict=True)]


async def _all(listeners: Sequence[Listener], count: int) -> None:
    async with asyncio.timeout(120):
        await asyncio.gather(*(listener.heard(count) for listener in listeners))


@asynccontextmanager
async def _bare() -> AsyncIterator[tuple[str, int, Callable[[Sequence[bytes]], None]]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare_events"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    stdin = process.stdin
    try:
        port = int(await process.stdout.readline())

        def publish(events: Sequence[bytes]) -> None:
            stdin.write(b"".join(event.replace(b"\n", b"\0") + b"\n" for event in events))

        yield f"http://127.0.0.1:{port}", process.pid, publish
    finally:
        process.kill()
        await process.wait()
