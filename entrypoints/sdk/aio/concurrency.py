"""What differs between the asynchronous and the blocking client; everything else is mirrored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_BLOCK = 1 << 20


async def sleep(seconds: float) -> None:
    """Wait without holding up other tasks."""
    await asyncio.sleep(seconds)


async def run(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a blocking *call* returns, from a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)


async def blocks(path: Path) -> AsyncIterator[bytes]:
    """Yield the bytes of the file at *path*."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
    finally:
        file.close()
