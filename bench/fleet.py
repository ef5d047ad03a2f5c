"""Two thousand jobs that live: their cost at rest, how soon a change is known, how long a restart takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench.listeners import Listener, listening
from bench.metrics import run_jobs
from bench.report import Finding, quantile
from bench.scale import Scale
from bench.server import Server, configuration, serving
from bench.simulated.world import World, world
from bench.submissions import sqlite_inserts
from bench.wire import Wire, expect

RESTART_GOAL_S = 10.0
_LIST = "/api/v1/experiments?limit=50"
_ABSENT = 20
"""Jobs that change while the server is down."""
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What a server uses when nobody asks: the share of a core, and bytes of memory."""

    cpu: float
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds from a change to its record, to its event; and of lists meanwhile."""

    records: Sequence[float]
    events: Sequence[float]
    lists: Sequence[float]


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Start the fleet, watch it rest, change it, restart the server under it."""
    commit = 1 / sqlite_inserts(folder, scale)
    async with world(folder) as (imagined, cluster, variables):
        config = configuration("", cluster=cluster)
        data = folder / "fleet"
        async with serving(data, config, variables) as server:
            empty = await _at_rest(server, scale)
        async with serving(data, config, variables) as server:
            bare = server.ready
            await run_jobs(server, imagined, scale.live)
            await asyncio.sleep(scale.seconds)  # what a submission leaves to do is done
            rest = await _at_rest(server, scale)
            quiet = await _lists(server, scale)
            lag = await _lag(server, imagined, scale)
        restart = await _restart(data, config, variables, imagined)
    return [
        *_resting(scale, rest, empty),
        *_lagging(scale, lag, commit, quiet),
        _restarting(scale, restart, bare),
    ]


def _resting(scale: Scale, rest: Rest, empty: Rest) -> list[Finding]:
    said = f"{scale.live:,} jobs"
    return [
        Finding(
            name=f"{said}: CPU of the server at rest",
            ours=rest.cpu * 100,
            limit=empty.cpu * 100,
            unit="% of a core",
            limit_name="the same server without jobs",
        ),
        Finding(
            name=f"{said}: memory of the server",
            ours=rest.memory / 2**20,
            limit=empty.memory / 2**20,
            unit="MiB",
            limit_name="the same server without jobs",
        ),
    ]


def _lagging(scale: Scale, lag: Lag, commit: float, quiet: Sequence[float]) -> list[Finding]:
    said = f"{scale.live:,} jobs, {scale.pace:g} changes/s"
    return [
        Finding(
            name=f"{said}: change to record, p95",
            ours=quantile(lag.records, 0.95) * 1000,
            limit=commit * 1000,
            unit="ms",
            limit_name="one insert by sqlite3, synced",
        ),
        Finding(
            name=f"{said}: change to event, p95",
            ours=quantile(lag.events, 0.95) * 1000,
            limit=commit * 1000,
            unit="ms",
            limit_name="one insert by sqlite3, synced",
        ),
        Finding(
            name=f"{said}: list of 50, p95",
            ours=quantile(lag.lists, 0.95) * 1000,
            limit=quantile(quiet, 0.95) * 1000,
            unit="ms",
            limit_name="the same list when nothing changes",
        ),
    ]


def _restarting(scale: Scale, restart: float, bare: float) -> Finding:
    return Finding(
        name=f"{scale.live:,} jobs: restart until reconciled",
        ours=restart,
        limit=bare,
        unit="s",
        limit_name="start to ready without jobs",
        goal=f"< {RESTART_GOAL_S:g} s",
        met=restart < RESTART_GOAL_S,
    )


async def _at_rest(server: Server, scale: Scale) -> Rest:
    """Look on for twice as long as the longest interval at which the server does something by itself."""
    before, began = server.cpu(), time.perf_counter()
    await asyncio.sleep(scale.seconds * 4)
    used = max(server.cpu() - before, 0.01)  # the clock of a process ticks that coarsely
    return Rest(cpu=used / (time.perf_counter() - began), memory=server.memory())


async def _lists(server: Server, scale: Scale) -> list[float]:
    times = []
    async with Wire(server.url, server.token) as wire:
        for _ in range(scale.turns * 2):
            times.append(await _listed(wire))
            await asyncio.sleep(0.02)
    return times


async def _listed(wire: Wire) -> float:
    began = time.perf_counter()
    await expect(wire, 200, "GET", _LIST)
    return time.perf_counter() - began


async def _lag(server: Server, imagined: World, scale: Scale) -> Lag:
    """Change one job after the other; ask after some of them until they are as they should be."""
    records: list[asyncio.Task[float]] = []
    sent: list[float] = []
    async with listening(server.url, "/api/v1/events", server.token, 1) as (listener,):
        lists = asyncio.create_task(_lists(server, scale))
        handles = cycle(list(imagined.phases))
        for n in range(max(int(scale.seconds * scale.pace), 3)):
            handle = next(handles)
            imagined.change([handle], "suspended")
            sent.append(time.time())
            if n % 10 == 0:
                records.append(asyncio.create_task(_recorded(server, handle, sent[-1])))
            await asyncio.sleep(1 / scale.pace)
        async with asyncio.timeout(_PATIENCE_S):
            await listener.heard(len(sent))
        return Lag(
            records=await asyncio.gather(*records),
            events=_delays(listener, sent),
            lists=await lists,
        )


def _delays(listener: Listener, sent: Sequence[float]) -> list[float]:
    return [heard - at for at, heard in zip(sent, listener.times, strict=True)]


async def _recorded(server: Server, handle: str, since: float) -> float:
    """Return how many seconds after *since* the record says suspended."""
    path = f"/api/v1/experiments/{handle.split('-')[1]}?fields=state"
    async with asyncio.timeout(_PATIENCE_S), Wire(server.url, server.token) as wire:
        while (await expect(wire, 200, "GET", path))["state"] != "suspended":  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.005)
        return time.time() - since


async def _restart(data: Path, config: str, variables: dict[str, str], imagined: World) -> float:
    """Return the seconds until every job was asked after, and what changed meanwhile is recorded."""
    running = [handle for handle, phase in imagined.phases.items() if phase == "running"]
    changed = running[-_ABSENT:]
    imagined.change(changed, "suspended")
    imagined.asked.clear()
    began = time.time()
    async with serving(data, config, variables) as server, asyncio.timeout(_PATIENCE_S):
        await asyncio.gather(*(_recorded(server, handle, began) for handle in changed))
        while not imagined.asked.issuperset(imagined.phases):  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(0.01)
        return time.time() - began
