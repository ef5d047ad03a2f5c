"""From the submission's first byte to the command's first breath, against a bare process."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from bench.report import Finding, median, quantile
from bench.scale import Scale
from bench.server import Server
from bench.wire import Wire, expect


async def measure(server: Server, folder: Path, scale: Scale) -> list[Finding]:
    """Let each job write the time at which it runs."""
    ours = [await _submitted(server, folder / f"ours-{n}") for n in range(scale.turns)]
    bare = [await _spawned(folder / f"bare-{n}") for n in range(scale.turns)]
    return [
        Finding(
            name="submit to running, local, median",
            ours=median(ours) * 1000,
            limit=median(bare) * 1000,
            unit="ms",
            limit_name="a bare process spawn",
        ),
        Finding(
            name="submit to running, local, p95",
            ours=quantile(ours, 0.95) * 1000,
            limit=quantile(bare, 0.95) * 1000,
            unit="ms",
            limit_name="a bare process spawn",
        ),
    ]


def _command(path: Path) -> list[str]:
    code = f"import time; open({str(path)!r}, 'w').write(repr(time.time()))"
    return [sys.executable, "-I", "-S", "-c", code]


async def _submitted(server: Server, path: Path) -> float:
    async with Wire(server.url, server.token) as wire:
        body = json.dumps({"command": _command(path)}).encode()
        began = time.time()
        await expect(wire, 201, "POST", "/api/v1/experiments", body)
        return await _written(path) - began


async def _spawned(path: Path) -> float:
    began = time.time()
    process = await asyncio.create_subprocess_exec(*_command(path))
    await process.wait()
    return await _written(path) - began


async def _written(path: Path) -> float:
    until = time.time() + 30
    while time.time() < until:
        if path.exists() and (text := path.read_text()):
            return float(text)
        await asyncio.sleep(0.002)
    raise RuntimeError(f"nothing wrote {path} within 30 s")
