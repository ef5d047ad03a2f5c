"""Pages of lists at 10,000 and 100,000 experiments: they must stay flat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.report import Finding, quantile
from bench.scale import Scale
from bench.server import Server
from bench.wire import Wire, expect
from submarine.core.experiments.experiment import Record
from submarine.core.ids import new_id
from submarine.core.jobs.job import Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.records import RECORDS
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import WorkloadKind
from submarine.plugins.registry import discover

GOAL_MS = 50.0
_CHUNK = 2_000
PAGES = {
    "first page": "/api/v1/experiments?limit=50",
    "page of 500": "/api/v1/experiments?limit=500",
    "a state": "/api/v1/experiments?limit=50&filter=state%20%3D%20%27failed%27",
    "a parameter": "/api/v1/experiments?limit=50&filter=params.lr%20%3E%200.5",
    "a parameter nobody has": "/api/v1/experiments?limit=50&filter=params.lr%20%3E%205",
    "a tag nobody has": "/api/v1/experiments?limit=50&filter=tags%20has%20%27rare%27",
    "a deep page": "/api/v1/experiments?limit=50&cursor={deep}",
    "a rare name": "/api/v1/experiments?limit=50&filter=name%20%3D%20%27bench-77%27",
}


async def fill(use: str, options: Mapping[str, object], count: int, have: int) -> str:
    """Write ended experiments until there are *count*; return the id of one in the middle."""
    registry = discover()
    middle = ""
    async with registry.open(RECORDS, use, options) as opened:
        records: Any = opened
        async with records.read() as tx:
            rows = await tx.session.fetch("select id from projects order by id limit 1")
            project = rows[0]["id"]
        for start in range(have, count, _CHUNK):
            jobs = [_job(project, n) for n in range(start, min(start + _CHUNK, count))]
            async with records.begin() as tx:
                await tx.jobs.add(jobs)
                await tx.experiments.add([_record(job) for job in jobs])
                seeds = [(j.id, ("bench",), {"lr": (n % 1000) / 1000}) for n, j in enumerate(jobs, start)]
                await tx.metadata.seed(seeds)
            if start <= count // 2:
                middle = jobs[0].id
        async with records.begin() as tx:
            await tx.session.execute("analyze")
    return middle


def _job(project: str, n: int) -> Job:
    at = 1_700_000_000_000 + n
    return Job(
        id=new_id(),
        kind="experiment",
        workload=WorkloadKind.BATCH,
        project=project,
        name=f"bench-{n}",
        spec=JobSpec(roles=(RoleSpec(command=("true",)),), params={"lr": (n % 1000) / 1000}),
        created=at,
        created_by="admin",
        changed=at,
        ended=at,
        resources=Resources(),
        state=State.FAILED if n % 10 == 0 else State.SUCCEEDED,
        attempt=1,
    )


def _record(job: Job) -> Record:
    return Record(
        id=job.id,
        project=job.project,
        name=job.name,
        description="",
        framework="none",
        created_by=job.created_by,
        created=job.created,
    )


async def measure(server: Server, count: int, deep: str, backend: str, scale: Scale) -> Sequence[Finding]:
    """Ask for each page many times over one connection."""
    findings = []
    async with Wire(server.url, server.token) as wire:
        for _ in range(20):
            await wire.request("GET", "/healthz")
        floor = quantile([await _timed(wire, "/healthz") for _ in range(scale.turns * 2)], 0.95)
        for name, path in PAGES.items():
            full = path.format(deep=deep)
            await expect(wire, 200, "GET", full)
            times = [await _timed(wire, full) for _ in range(scale.turns * 2)]
            p95 = quantile(times, 0.95) * 1000
            findings.append(
                Finding(
                    name=f"{backend}, {count:,}: {name}, p95",
                    ours=p95,
                    limit=floor * 1000,
                    unit="ms",
                    limit_name="/healthz of the same server",
                    goal=f"< {GOAL_MS:g} ms",
                    met=p95 < GOAL_MS,
                )
            )
    return findings


async def _timed(wire: Wire, path: str) -> float:
    began = time.perf_counter()
    status, data = await wire.request("GET", path)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {data[:300]!r}")
    await asyncio.sleep(0)
    return time.perf_counter() - began
