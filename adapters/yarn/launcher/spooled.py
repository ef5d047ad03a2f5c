"""What the SDK could not send, on its way to where the server finds it: never whole in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator

_BLOCK = 1 << 18


class Spooled:
    """The whole lines of all files below *folder*, one file after the other; a torn last line is left out."""

    def __init__(self, folder: str) -> None:
        self._parts: list[tuple[str, int]] = []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if name.endswith(".jsonl") and os.path.isfile(path):
                self._parts.append((path, _whole(path)))

    def __len__(self) -> int:
        """Return how many bytes they are."""
        return sum(size for _, size in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        """Yield them."""
        for path, size in self._parts:
            left = size
            with open(path, "rb") as file:
                while left > 0 and (block := file.read(min(left, _BLOCK))):
                    yield block
                    left -= len(block)


def _whole(path: str) -> int:
    """Return up to where a file has whole lines; nothing if it cannot be read."""
    try:
        with open(path, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            while end > 0:
                begin = max(end - _BLOCK, 0)
                file.seek(begin)
                found = file.read(end - begin).rfind(b"\n")
                if found >= 0:
                    return begin + found + 1
                end = begin
    except OSError:
        pass
    return 0
