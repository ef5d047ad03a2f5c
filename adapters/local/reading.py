"""Reads what replicas have written: their output and their spool."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

from submarine.adapters.local.layout import Attempt, Replica

_CHUNK: Final = 256 * 1024
_LONGEST_LINE: Final = 16 * 2**20
# A job can put anything at these paths; neither a link nor a pipe may fool or block the server.
_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def read_log(replica: Replica, offset: int) -> bytes:
    """Return some of the log from byte *offset* on; nothing if no more has been written."""
    try:
        descriptor = os.open(replica.log, _FLAGS)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(descriptor, _CHUNK, offset) if _regular(descriptor) else b""
    finally:
        os.close(descriptor)


def spooled(attempt: Attempt) -> Iterator[list[bytes]]:
    """Yield the whole lines of each spool file of *attempt*, without their ends."""
    replicas = os.path.dirname(attempt.replica("x").path)
    for name in sorted(_listed(replicas)):
        folder = attempt.replica(name).spool
        for file in sorted(_listed(folder)):
            yield from _lines(os.path.join(folder, file))


def _lines(path: str) -> Iterator[list[bytes]]:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return
    with open(descriptor, "rb") as file:
        rest = b""
        while _regular(descriptor) and (chunk := file.read(_CHUNK)):
            *lines, rest = (rest + chunk).split(b"\n")
            yield [line for line in lines if line]
            if len(rest) > _LONGEST_LINE:
                return


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
