"""What differs between the blocking and the asynchronous client; everything else is mirrored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_BLOCK = 1 << 20


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def run(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what *call* returns."""
    return call(*args, **kwargs)


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of the file at *path*."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
