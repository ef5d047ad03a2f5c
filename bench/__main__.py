"""Run them: ``python -m bench [--only NAME …] [--json]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from bench import latency, lists, startup, submissions
from bench.report import Finding, show
from bench.server import configuration, serving
from tests.clusters.postgres import start_postgres

SIZES = (10_000, 100_000)


async def bench_startup(folder: Path) -> Sequence[Finding]:
    """Start and memory."""
    return await startup.measure(folder)


async def bench_latency(folder: Path) -> Sequence[Finding]:
    """Submit to running."""
    async with serving(folder / "latency", configuration("")) as server:
        return await latency.measure(server, folder)


async def bench_submissions(folder: Path) -> Sequence[Finding]:
    """Accepted submissions on both databases."""
    limit = submissions.sqlite_inserts(folder)
    async with serving(folder / "submit-sqlite", configuration("")) as server:
        name, against = "submissions accepted, SQLite", "single inserts by sqlite3, one connection"
        findings = [await submissions.measure(server, name, limit, against)]
    with start_postgres("bench") as postgres, postgres.database() as url:
        limit = await submissions.postgres_inserts(url)
        async with serving(folder / "submit-postgres", configuration(url)) as server:
            name, against = "submissions accepted, PostgreSQL", "single inserts by asyncpg, 8 connections"
            findings.append(await submissions.measure(server, name, limit, against))
    return findings


async def bench_lists(folder: Path) -> Sequence[Finding]:
    """Pages of lists on both databases."""
    data = folder / "lists"
    findings = await _lists("SQLite", data, configuration(""), "sqlite", {"path": str(data / "records.db")})
    with start_postgres("bench") as postgres, postgres.database() as url:
        findings += await _lists(
            "PostgreSQL", folder / "lists-postgres", configuration(url), "postgres", {"url": url}
        )
    return findings


async def _lists(
    backend: str, data: Path, config: str, use: str, options: dict[str, object]
) -> list[Finding]:
    async with serving(data, config):
        pass  # makes the schema, the administrator and the first project
    findings: list[Finding] = []
    have = 0
    for size in SIZES:
        deep = await lists.fill(use, options, size, have)
        have = size
        async with serving(data, config) as server:
            findings += await lists.measure(server, size, deep, backend)
    return findings


BENCHES: dict[str, Callable[[Path], Awaitable[Sequence[Finding]]]] = {
    "startup": bench_startup,
    "latency": bench_latency,
    "submissions": bench_submissions,
    "lists": bench_lists,
}


async def main(names: Sequence[str], *, as_json: bool) -> int:
    """Run the benchmarks *names* and show what they found."""
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="submarine-bench-") as folder:
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            findings += await BENCHES[name](Path(folder))
    show(findings, as_json=as_json)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHES), nargs="+", default=list(BENCHES))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    sys.exit(uvloop.run(main(arguments.only, as_json=arguments.json)))
