"""A process that stores half of an object and stands still until it is killed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from submarine.contracts.object_store.streams import halting
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore

_HALF_WAY: Final = b"half way\n"
_PATIENCE: Final = 60.0


@asynccontextmanager
async def started(
    adapter: str, options: Mapping[str, object], key: str, *, program: str = ""
) -> AsyncIterator[None]:
    """Start it, and wait until it is half way; kill it in the end.

    *program* is another Python source that ends in `put_half`, for a store that is not found by its name.
    """
    words = ["-c", program, key] if program else ["-m", __name__, key]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"adapter": adapter, "options": dict(options)}).encode())
        process.stdin.close()
        async with asyncio.timeout(_PATIENCE):
            assert await process.stdout.readline() == _HALF_WAY, "the writer ended before it was killed"
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def put_half(store: ObjectStore, key: str) -> None:
    """Store much at *key*, say so, and never come to an end."""
    begun = asyncio.Event()
    putting = asyncio.ensure_future(store.put(key, halting(begun, asyncio.Event())))
    await asyncio.wait([putting, asyncio.ensure_future(begun.wait())], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0.2)  # what was handed over is written
    sys.stdout.buffer.write(b"failed\n" if putting.done() else _HALF_WAY)
    sys.stdout.flush()
    await putting


async def _main() -> None:
    from submarine.plugins.registry import discover

    told = json.load(sys.stdin)
    async with discover().open(OBJECT_STORE, told["adapter"], told["options"]) as store:
        await put_half(store, sys.argv[1])


if __name__ == "__main__":
    asyncio.run(_main())
