"""Run them: ``python -m bench [--only NAME …] [--json] [--tiny] [--no-peers]``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from bench import fanout, fleet, latency, lists, metrics, startup, submissions
from bench.report import Finding, show
from bench.scale import FULL, TINY, Scale
from bench.server import configuration, serving
from tests.clusters.postgres import start_postgres
from tests.clusters.scripts import CannotStartError


async def bench_startup(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Start and memory."""
    return await startup.measure(folder, scale)


async def bench_latency(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Submit to running."""
    async with serving(folder / "latency", configuration("")) as server:
        return await latency.measure(server, folder, scale)


async def bench_submissions(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Accepted submissions on both databases."""
    limit = submissions.sqlite_inserts(folder, scale)
    async with serving(folder / "submit-sqlite", configuration("")) as server:
        name, against = "submissions accepted, SQLite", "single inserts by sqlite3, one connection"
        findings = [await submissions.measure(server, name, limit, against, scale)]
    with start_postgres("bench") as postgres, postgres.database() as url:
        limit = await submissions.postgres_inserts(url, scale)
        async with serving(folder / "submit-postgres", configuration(url)) as server:
            name, against = "submissions accepted, PostgreSQL", "single inserts by asyncpg, 8 connections"
            findings.append(await submissions.measure(server, name, limit, against, scale))
    return findings


async def bench_lists(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Pages of lists on both databases."""
    data = folder / "lists"
    options = {"path": str(data / "records.db")}
    findings = await _lists("SQLite", data, configuration(""), "sqlite", options, scale)
    with start_postgres("bench") as postgres, postgres.database() as url:
        findings += await _lists(
            "PostgreSQL", folder / "lists-postgres", configuration(url), "postgres", {"url": url}, scale
        )
    return findings


async def _lists(
    backend: str, data: Path, config: str, use: str, options: dict[str, str], scale: Scale
) -> list[Finding]:
    async with serving(data, config):
        pass  # makes the schema, the administrator and the first project
    findings: list[Finding] = []
    have = 0
    for size in scale.experiments:
        deep = await lists.fill(use, options, size, have)
        have = size
        async with serving(data, config) as server:
            findings += await lists.measure(server, size, deep, backend, scale)
    return findings


async def bench_kubernetes(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Jobs on a real control plane."""
    from bench.kubernetes.measure import measure

    return await measure(folder, scale)


async def bench_hadoop(folder: Path, scale: Scale) -> Sequence[Finding]:
    """Jobs on a real YARN."""
    from bench.hadoop.measure import measure

    return await measure(folder, scale)


Bench = Callable[[Path, Scale], Awaitable[Sequence[Finding]]]

ON_CLUSTERS: dict[str, Bench] = {"kubernetes": bench_kubernetes, "hadoop": bench_hadoop}
"""Those that need a cluster, and are left out where none can be had."""
BENCHES: dict[str, Bench] = {
    "startup": bench_startup,
    "latency": bench_latency,
    "submissions": bench_submissions,
    "metrics": metrics.measure,
    "fanout": fanout.measure,
    "fleet": fleet.measure,
    "lists": bench_lists,
    **ON_CLUSTERS,
}


async def main(names: Sequence[str], scale: Scale, *, as_json: bool) -> int:
    """Run the benchmarks *names*, or all; show what they found, and say which could not run."""
    findings: list[Finding] = []
    left_out: list[str] = []
    task = asyncio.current_task()
    assert task is not None
    # whoever ends us ends what we started too
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="submarine-bench-") as folder:
        for name in names or BENCHES:
            print(f"{name} …", file=sys.stderr, flush=True)
            place = Path(folder) / name
            place.mkdir()
            try:
                findings += await BENCHES[name](place, scale)
            except CannotStartError as error:
                left_out.append(f"{name} is left out, for it needs root and a cluster: {error}")
    if findings:
        show(findings, as_json=as_json)
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    return 1 if left_out and names else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHES), nargs="+", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tiny", action="store_true", help="show that it runs; the figures mean nothing")
    parser.add_argument("--no-peers", action="store_true", help="install and measure nobody else's server")
    arguments = parser.parse_args()
    size = TINY if arguments.tiny else FULL
    size = replace(size, peers=size.peers and not arguments.no_peers)
    sys.exit(uvloop.run(main(arguments.only, size, as_json=arguments.json)))
