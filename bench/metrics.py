"""Metrics taken in, with the tokens of jobs that run, one a call and a thousand a call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

from bench import metric_limits, mlflow
from bench.hammer import hammer, request
from bench.report import Finding
from bench.scale import Scale
from bench.server import Server, configuration, serving
from bench.simulated.world import World, tokens_of, world
from bench.wire import Wire, expect
from tests.clusters.postgres import start_postgres

KEYS = 10
"""Different metrics in a batch."""
SINGLE_OF_INSERTS, BATCH_OF_COPY = 0.25, 0.45
SINGLE_OF_MLFLOW, BATCH_OF_MLFLOW = 30, 8
_PATIENCE_S = 60.0


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Measure us and all that we are compared with on one PostgreSQL, one after the other."""
    with start_postgres("bench") as postgres:
        with postgres.database() as url:
            inserts, connections = await metric_limits.inserts(url, scale)
            copied = await metric_limits.copies(url, scale)
        with postgres.database() as url:
            async with world(folder) as (imagined, cluster, variables):
                config = configuration(url, cluster=cluster)
                async with serving(folder / "metrics", config, variables) as server:
                    jobs = await run_jobs(server, imagined, max(scale.singles, scale.batches))
                    single = await hammer(server.url, _singles(server, jobs, scale), scale.seconds)
                    batches = await hammer(server.url, _batches(server, jobs, scale), scale.seconds)
                    await _check(server, jobs)
        peer = None
        if scale.peers:
            with postgres.database() as url:
                peer = await mlflow.measure(url, folder, scale)
    points = batches * scale.points
    said = f"metrics/s, one a call, {scale.singles} connections"
    also = f"metrics/s, {scale.points:,} a call, {scale.batches} connections"
    findings = [
        _against(said, single, inserts, f"inserts by asyncpg, {connections} connections", SINGLE_OF_INSERTS),
        _against(also, points, copied, f"COPY by asyncpg, {scale.batches} connections", BATCH_OF_COPY),
    ]
    if peer is not None:
        findings += [
            _against(said, single, peer.single, peer.name, SINGLE_OF_MLFLOW),
            _against(also, points, peer.points, peer.name, BATCH_OF_MLFLOW),
        ]
    return findings


async def run_jobs(server: Server, imagined: World, count: int) -> list[tuple[str, str]]:
    """Submit *count* experiments and return id and job token of each, once all of them run."""
    body = json.dumps({"command": ["true"], "tags": ["bench"]}).encode()

    async def submit(some: range) -> None:
        async with Wire(server.url, server.token) as wire:
            for _ in some:
                await expect(wire, 201, "POST", "/api/v1/experiments", body)

    share = [range(n, count, 8) for n in range(8)]
    await asyncio.gather(*(submit(some) for some in share))
    async with asyncio.timeout(_PATIENCE_S + count / 20), Wire(server.url, server.token) as wire:
        path = "/api/v1/experiments?limit=1&fields=id&filter=state%20%21%3D%20%27running%27"
        while (await expect(wire, 200, "GET", path))["items"]:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)
    return sorted(tokens_of(imagined).items())


def _against(name: str, ours: float, theirs: float, who: str, goal: float) -> Finding:
    said = f"≥ {goal:.0%}" if goal < 1 else f"≥ {goal:g} times"
    return Finding(
        name=name, ours=ours, limit=theirs, unit="/s", limit_name=who, goal=said, met=ours / theirs >= goal
    )


def _singles(server: Server, jobs: list[tuple[str, str]], scale: Scale) -> list[Iterator[bytes]]:
    return [_calls(server, *job, keys=1, points=1) for job in jobs[: scale.singles]]


def _batches(server: Server, jobs: list[tuple[str, str]], scale: Scale) -> list[Iterator[bytes]]:
    return [_calls(server, *job, keys=KEYS, points=scale.points) for job in jobs[: scale.batches]]


def _calls(server: Server, experiment: str, token: str, *, keys: int, points: int) -> Iterator[bytes]:
    """Yield calls as the SDK makes them: counted, so that one that is repeated counts once."""
    said = [
        {"key": f"metric-{n % keys}", "value": n / 7, "step": n, "at": 1_700_000_000_000}
        for n in range(points)
    ]
    body = {"points": said, "writer": f"bench-{points}", "sequence": 10_000_000}
    whole = request(server.url, f"/api/v1/experiments/{experiment}/metrics", token, json.dumps(body).encode())
    before, _, after = whole.partition(b"10000000")
    sequence = 10_000_000
    while True:
        yield b"%b%d%b" % (before, sequence, after)
        sequence += 1


async def _check(server: Server, jobs: list[tuple[str, str]]) -> None:
    """See that what was answered is there: a fast server that forgets is none."""
    async with Wire(server.url, server.token) as wire:
        for job, _ in jobs[:3]:
            page = await expect(wire, 200, "GET", f"/api/v1/experiments/{job}/metrics")
            if not page["items"] or any(item["count"] < 1 for item in page["items"]):
                raise RuntimeError(f"metrics of {job} are missing: {page}")
