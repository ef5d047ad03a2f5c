"""The lines of a text that comes in pieces, however it was cut."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

LONGEST: Final = 16 * 2**20
"""Bytes of a line that are held, as no more is known to come."""


async def whole_lines(pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield each line without its end.

    What has no end is left out, and so is all from the first line on that is longer than `LONGEST`: a job can
    write anything where lines are looked for.
    """
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        first, *others = piece.split(b"\n")
        held.append(first)
        size += len(first)
        if size > LONGEST:
            return
        if others:
            yield b"".join(held)
            *whole, rest = others
            for line in whole:
                yield line
            held, size = [rest], len(rest)
