"""Code that is not what it should be is noticed on its way."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Final

import pytest

from submarine.adapters.yarn.code import checked
from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Archive

PIECES: Final = (b"a" * 10, b"", b"b" * 5)
WHOLE: Final = b"".join(PIECES)


async def read() -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece


def archive(content: bytes, size: int | None = None) -> Archive:
    digest = hashlib.sha256(content).hexdigest()
    return Archive(digest=digest, size=len(content) if size is None else size, read=read)


async def test_code_passes_piece_by_piece() -> None:
    assert [piece async for piece in checked(archive(WHOLE))] == list(PIECES)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (archive(WHOLE[::-1]), "has SHA-256"),
        (archive(WHOLE, 16), "has 15 bytes, not 16"),
        (archive(WHOLE, 14), "larger than the 14 bytes"),
    ],
    ids=["other", "short", "long"],
)
async def test_other_code_is_refused(wrong: Archive, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        _ = [piece async for piece in checked(wrong)]
