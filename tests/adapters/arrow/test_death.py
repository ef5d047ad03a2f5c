"""A writer that is killed leaves whole objects, and drafts that are swept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from submarine.core.ports.object_store import OBJECT_STORE
from submarine.plugins.registry import discover

ENDLESS = """
async def endless():
    while True:
        yield b"x" * 300_000
        print("written", flush=True)
        await asyncio.sleep(0.01)

await store.put("a/b", endless())
"""

ALTERNATING = """
while True:
    for letter in (b"a", b"b"):
        await store.put("a/b", letter * 700_000)
        print("written", flush=True)
"""

FRAME = """
import asyncio, sys
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.plugins.registry import discover

async def main():
    async with discover().open(OBJECT_STORE, "file", {"root": sys.argv[1]}) as store:
"""


def kill_while_writing(root: Path, body: str, after: int) -> None:
    """Run *body* against a store and kill it right after its *after*th line."""
    indented = "".join(f"        {line}\n" for line in body.splitlines())
    script = f"{FRAME}{indented}\nasyncio.run(main())"
    with subprocess.Popen([sys.executable, "-c", script, str(root)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(after):
            assert writer.stdout.readline() == b"written\n"
        writer.send_signal(signal.SIGKILL)


async def read(root: Path, key: str) -> bytes:
    async with discover().open(OBJECT_STORE, "file", {"root": str(root)}) as store:
        return b"".join([piece async for piece in store.get(key)])


async def listed(root: Path) -> list[str]:
    async with discover().open(OBJECT_STORE, "file", {"root": str(root)}) as store:
        return [info.key async for info in store.list()]


async def test_a_killed_writer_leaves_no_object(root: Path) -> None:
    kill_while_writing(root, ENDLESS, after=4)
    assert await listed(root) == []


async def test_drafts_of_the_dead_are_swept_a_day_later_and_those_of_the_living_are_not(root: Path) -> None:
    kill_while_writing(root, ENDLESS, after=2)
    [draft] = (root / "+drafts").iterdir()
    assert draft.stat().st_size >= 300_000
    await listed(root)
    assert draft.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(draft, (yesterday, yesterday))
    await listed(root)
    assert not draft.exists()


@pytest.mark.parametrize("after", [1, 2, 5])
async def test_a_writer_killed_while_it_replaces_leaves_one_whole_object(root: Path, after: int) -> None:
    kill_while_writing(root, ALTERNATING, after)
    assert await read(root, "a/b") in {b"a" * 700_000, b"b" * 700_000}
