"""Bytes that arrive in pieces, late or not at all, and what is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from submarine.core.ports.object_store import ObjectStore

BIG: Final = bytes(range(256)) * 4096
"""One MiB: more than a chunk of any store worth the name."""


async def read(store: ObjectStore, key: str, offset: int = 0, length: int | None = None) -> bytes:
    """Return a range of the object as one."""
    return b"".join([piece async for piece in store.get(key, offset=offset, length=length)])


async def listed(store: ObjectStore, prefix: str) -> Sequence[str]:
    """Return the keys that start with *prefix*, as the store orders them."""
    return [info.key async for info in store.list(prefix)]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield *parts*, as an upload does."""
    for part in parts:
        yield part


async def halting(started: asyncio.Event, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield much, say so, and the rest when told to."""
    yield BIG
    started.set()
    await go_on.wait()
    yield b"end"


async def breaking() -> AsyncIterator[bytes]:
    """Yield much and fail."""
    yield BIG
    raise ZeroDivisionError
