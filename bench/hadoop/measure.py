"""Submitting to YARN, watching what lives there, hearing of ends: beside bare REST calls in the same run."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bench.hadoop.findings import ending, resting, submitting
from bench.hadoop.place import OURS, THEIRS, Place, cluster
from bench.report import Finding
from bench.scale import Scale
from bench.server import Server, configuration, serving
from bench.wire import Wire, expect
from submarine.core.jobs.driver import CALLS_PER_CLUSTER

_PATIENCE_S: Final = 600.0
_A_SECOND_EACH: Final = 2.0
_AGENT: Final = {"User-Agent": "bench"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What our server does a second when nothing happens: ask the ResourceManager, use a share of a core."""

    calls: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds from the end of a job's command to who tells of it."""

    records: Sequence[float]
    bare: Sequence[float]


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Submit, rest, end; raise `CannotStartError` where no cluster can be had."""
    live = scale.live // 4
    with cluster() as hadoop:
        # a cookie of the one user would count for the other
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(headers=_AGENT, cookie_jar=jar) as session:
            place = Place(cluster=hadoop, session=session)
            config = configuration("", cluster=place.table)
            async with serving(folder / "server", config) as server:
                try:
                    empty = await _at_rest(place, server, scale)
                    bare = await _bare(place, max(live // 5, 3))
                    ours = await _submitted(place, server, folder, live)
                    rest = await _at_rest(place, server, scale)
                    lag = await _ends(place, server, folder, max(scale.turns // 3, 2))
                finally:
                    await place.kill(OURS)
                    await place.kill(THEIRS)
    return [*submitting(ours, bare), *resting(live, rest, empty), *ending(live, lag)]


async def _bare(place: Place, jobs: int) -> float:
    """Return how many services a second a loop of POSTs starts, as many at once as our server does."""
    numbers = iter(range(jobs))
    run = uuid.uuid4().hex[:8]

    async def worker() -> None:
        for number in numbers:
            await place.ask("POST", "/app/v1/services", THEIRS, body=_service(f"bare-{run}-{number}"))

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CALLS_PER_CLUSTER)))
    took = time.perf_counter() - began
    await place.kill(THEIRS)
    return jobs / took


def _service(name: str) -> object:
    component = {
        "name": "worker",
        "number_of_containers": 1,
        "restart_policy": "NEVER",
        "launch_command": "sleep 600",
        "resource": {"cpus": 1, "memory": "128"},
    }
    return {"name": name, "version": "1", "components": [component]}


async def _submitted(place: Place, server: Server, folder: Path, jobs: int) -> float:
    """Return how many jobs a second get from their submission to an application of the cluster."""
    command = ["sh", "-c", f'while [ ! -e "{folder}/$SUBMARINE_EXPERIMENT" ]; do sleep 0.1; done']
    spec = {"command": command, "placement": {"cluster": "hadoop"}, "resources": "memory=128Mi"}
    body = json.dumps(spec).encode()

    async def some(share: range) -> None:
        async with Wire(server.url, server.token) as wire:
            for _ in share:
                await expect(wire, 201, "POST", "/api/v1/experiments", body)

    began = time.perf_counter()
    await asyncio.gather(*(some(range(n, jobs, 8)) for n in range(8)))
    async with asyncio.timeout(_PATIENCE_S + _A_SECOND_EACH * jobs):
        while len(await place.living(OURS)) < jobs:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.2)
    return jobs / (time.perf_counter() - began)


async def _at_rest(place: Place, server: Server, scale: Scale) -> Rest:
    """Look on for a minute: longer than the longest interval at which the server does something by itself."""
    calls, cpu, began = place.calls(), server.cpu(), time.perf_counter()
    await asyncio.sleep(scale.seconds * 12)
    took = time.perf_counter() - began
    return Rest(calls=max(place.calls() - calls, 1) / took, cpu=max(server.cpu() - cpu, 0.01) / took)


async def _ends(place: Place, server: Server, folder: Path, turns: int) -> Lag:
    """Let running jobs end, one after the other."""
    records: list[float] = []
    bare: list[float] = []
    ended: set[str] = set()
    for _ in range(turns):
        job, application = await _running(place, server, ended)
        ended.add(job)
        at = time.time()
        (folder / job).touch()
        record, told = await asyncio.gather(_recorded(server, job), _told(place, application))
        records.append(record - at)
        bare.append(told - at)
    return Lag(records=records, bare=bare)


async def _running(place: Place, server: Server, ended: set[str]) -> tuple[str, str]:
    """Return a job that runs, and its application."""
    path = "/api/v1/experiments?limit=500&fields=id&filter=state%20%3D%20%27running%27"
    async with asyncio.timeout(_PATIENCE_S), Wire(server.url, server.token) as wire:
        while True:
            jobs = {each["id"] for each in (await expect(wire, 200, "GET", path))["items"]} - ended
            for app in await place.living(OURS):
                if (job := app["name"].split("-")[1]) in jobs:
                    return job, app["id"]
            await asyncio.sleep(0.5)


async def _recorded(server: Server, job: str) -> float:
    path = f"/api/v1/experiments/{job}?fields=state"
    async with asyncio.timeout(_PATIENCE_S), Wire(server.url, server.token) as wire:
        while (await expect(wire, 200, "GET", path))["state"] != "succeeded":  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.02)
        return time.time()


async def _told(place: Place, application: str) -> float:
    async with asyncio.timeout(_PATIENCE_S):
        while not await place.over(application, OURS):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)
        return time.time()
