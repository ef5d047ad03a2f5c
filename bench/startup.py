"""From spawn to ready and memory at rest of the server; what starting the CLI and the SDK costs."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from bench.report import Finding, median
from bench.scale import Scale
from bench.server import configuration, resident, serving

READY_GOAL = 1.0
MEMORY_GOAL = 120
_PROGRAMS = (
    ("submarine --help", ("-m", "submarine.entrypoints.cli", "--help"), 0.2),
    ("import submarine", ("-c", "import submarine"), 0.15),
)
"""What is started, and within how many seconds it should be over."""
_RUNS = 7
_BARE = """
import asyncio, sys, uvloop
from aiohttp import web
async def main():
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("ready", flush=True)
    await asyncio.sleep(3600)
uvloop.run(main())
"""


async def measure(folder: Path, scale: Scale) -> list[Finding]:
    """Start servers on a data folder that exists, as a restart would."""
    config = configuration("")
    starts, memory = [], 0
    for _ in range(scale.starts + 1):
        async with serving(folder / "start", config) as server:
            starts.append(server.ready)
            await asyncio.sleep(scale.seconds / 2.5)
            memory = server.memory()
    bare, bare_memory = await _bare()
    ready = median(starts[1:])
    mebi = memory / 2**20
    bare_python = await _spawned("-c", "pass")
    spawns = [(name, await _spawned(*arguments), goal) for name, arguments, goal in _PROGRAMS]
    return [
        Finding(
            name="start to ready",
            ours=ready,
            limit=bare,
            unit="s",
            limit_name="a bare aiohttp server",
            goal=f"< {READY_GOAL:g} s",
            met=ready < READY_GOAL,
        ),
        Finding(
            name="memory at rest",
            ours=mebi,
            limit=bare_memory / 2**20,
            unit="MiB",
            limit_name="a bare aiohttp server",
            goal=f"< {MEMORY_GOAL} MiB",
            met=mebi < MEMORY_GOAL,
        ),
        *(
            Finding(
                name=name,
                ours=took,
                limit=bare_python,
                unit="s",
                limit_name="a bare Python",
                goal=f"< {goal:g} s",
                met=took < goal,
            )
            for name, took, goal in spawns
        ),
    ]


async def _spawned(*arguments: str) -> float:
    """Return the seconds that a Python with *arguments* takes from spawn to end: the median of some."""
    found = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL
        )
        await process.wait()
        found.append(time.perf_counter() - began)
    return median(found)


async def _bare() -> tuple[float, int]:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BARE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        ready = time.perf_counter() - began
        return ready, resident(process.pid)
    finally:
        process.kill()
        await process.wait()
