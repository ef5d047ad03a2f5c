"""Submitting to Kubernetes, watching what runs there, hearing of ends, and starting again meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bench.kubernetes import ends, findings
from bench.kubernetes.bare import Created, create, pattern
from bench.kubernetes.played import REPLICAS, Place, played
from bench.report import Finding
from bench.scale import Scale
from bench.server import Server, configuration, serving
from bench.wire import Wire, expect

PACE: Final = 4.0
"""Jobs that end in a second, so that 20 pods change: what two cores bear that the control plane needs too."""
_BODY: Final = json.dumps(
    {
        "roles": {"worker": {"replicas": REPLICAS, "command": ["python3", "train.py"]}},
        "placement": {"cluster": "played"},
        "params": {"lr": 0.1},
        "tags": ["bench"],
    }
).encode()
_ABSENT: Final = 20
"""Jobs that end while the server is down."""
_PATIENCE_S: Final = 300.0
_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What a server uses a second when nothing happens: a share of a core, calls; and bytes of memory."""

    cpu: float
    calls: float
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Seconds until what changed meanwhile is recorded, and those of a core that the server used for it."""

    took: float
    cpu: float


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Create, rest, end, restart; raise `CannotStartError` where no cluster can be had."""
    async with played(folder, scale.live) as place:
        config, data = configuration("", cluster=place.table), folder / "server"
        async with serving(data, config) as server:
            pass  # makes the schema
        async with serving(data, config) as server:
            empty = await _at_rest(place, server, scale)
            bare_start = Restart(took=server.ready, cpu=server.cpu())
            with place.unmanaged():
                bare, ours = await _create(place, server, scale)
            await _until_running(server, scale)
            await asyncio.sleep(scale.seconds)  # what a submission leaves to do is done
            rest = await _at_rest(place, server, scale)
            jobs = await ends.running(place)
            some = dict(islice(jobs.items(), max(min(int(scale.seconds * 8 * PACE), len(jobs) // 2), 3)))
            lag = await ends.lag(place, server, some, PACE)
            peak = server.peak()
        left = {handle: pods for handle, pods in jobs.items() if handle not in some}
        restart = await _restart(place, data, config, dict(islice(left.items(), _ABSENT)))
    return [
        *findings.creating(ours, bare),
        *findings.resting(scale, rest, empty, peak),
        *findings.lagging(scale, lag, PACE, empty.cpu),
        *findings.restarting(scale, restart, bare_start),
    ]


async def _create(place: Place, server: Server, scale: Scale) -> tuple[Created, Created]:
    """Return how fast the bare loop creates jobs, and how fast we do from what was submitted."""
    async with Wire(server.url, server.token) as wire:
        first = await expect(wire, 201, "POST", "/api/v1/experiments", _BODY)
    await _until_there(place, 1)
    sample = await pattern(place, f"sub-{first['id']}-1", "worker")
    bare = await create(place, sample, max(scale.live // 5, 4))
    await asyncio.to_thread(place.clear)
    more = scale.live - 1
    began, used = time.perf_counter(), server.cpu()
    await asyncio.gather(*(_submit(server, range(n, more, 8)) for n in range(8)))
    await _until_there(place, scale.live)
    took, cost = time.perf_counter() - began, server.cpu() - used
    return bare, Created(rate=more / took, cpu=cost / more)


async def _submit(server: Server, some: range) -> None:
    async with Wire(server.url, server.token) as wire:
        for _ in some:
            await expect(wire, 201, "POST", "/api/v1/experiments", _BODY)


async def _until_there(place: Place, jobs: int) -> None:
    async with asyncio.timeout(_PATIENCE_S + jobs):
        while await place.api.count(f"/apis/batch/v1/namespaces/{place.ours}/jobs") < jobs:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _until_running(server: Server, scale: Scale) -> None:
    path = "/api/v1/experiments?limit=1&fields=id&filter=state%20%21%3D%20%27running%27"
    async with asyncio.timeout(_PATIENCE_S + scale.live), Wire(server.url, server.token) as wire:
        while (await expect(wire, 200, "GET", path))["items"]:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.5)


async def _at_rest(place: Place, server: Server, scale: Scale) -> Rest:
    """Look on for a minute: longer than the longest interval at which the server does something by itself."""
    calls, before, began = await place.calls(), server.cpu(), time.perf_counter()
    await asyncio.sleep(scale.seconds * 12)
    used, took = max(server.cpu() - before, 0.01), time.perf_counter() - began
    return Rest(cpu=used / took, calls=max(await place.calls() - calls, 1) / took, memory=server.memory())


async def _restart(place: Place, data: Path, config: str, jobs: Mapping[str, list[str]]) -> Restart:
    """End *jobs* while no server runs, start one, and wait until it has recorded that."""
    for pods in jobs.values():
        await ends.end(place, pods)
    began = time.time()
    async with serving(data, config) as server:
        await asyncio.gather(*(ends.recorded(server, handle, began, _EVERY_S) for handle in jobs))
        return Restart(took=time.time() - began, cpu=server.cpu())
