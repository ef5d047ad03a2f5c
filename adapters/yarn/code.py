"""A code archive on its way to HDFS: never whole in memory, and checked before its last byte is there."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Archive


async def checked(archive: Archive) -> AsyncIterator[bytes]:
    """Yield the bytes of *archive*; raise `InvalidError` where they turn out to be others."""
    size, digest = 0, hashlib.sha256()
    async for piece in archive.read():
        size += len(piece)
        if size > archive.size:
            raise InvalidError(f"the code archive is larger than the {archive.size} bytes it should have")
        digest.update(piece)
        yield piece
    if size < archive.size:
        raise InvalidError(f"the code archive has {size} bytes, not {archive.size}")
    if (found := digest.hexdigest()) != archive.digest:
        raise InvalidError(f"the code archive has SHA-256 {found}, not {archive.digest}")
