"""A folder of code as one archive whose digest depends on nothing but names, bytes and the x bit."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from submarine.entrypoints.sdk.errors import SpecError
from submarine.entrypoints.sdk.ignoring import Ignoring

MAX_BYTES: Final = 512 << 20
Progress = Callable[[int, int], None]
"""Told the files and bytes packed so far."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A packed folder: SHA-256 of the .tar.gz at ``path``, its size, and the files in it."""

    path: Path
    digest: str
    size: int
    files: int


def pack(folder: Path, target: Path, *, limit: int = MAX_BYTES, progress: Progress | None = None) -> Archive:
    """Write *folder* as a .tar.gz to *target*.

    Raise `SpecError` if it is not a folder, has nothing in it, holds a link that leads out of it, or
    is larger than *limit* once packed.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise SpecError(f"code.dir {str(folder)!r} is not a folder", "Name a folder relative to the spec.")
    try:
        return _pack(root, target, limit, progress or (lambda _files, _size: None))
    except (OSError, tarfile.TarError, ValueError) as error:
        raise SpecError(f"cannot pack {root}: {error}") from error


def _pack(root: Path, target: Path, limit: int, progress: Progress) -> Archive:
    files = size = 0
    with target.open("wb") as raw:
        bounded = _Bounded(raw, limit, root)
        with (
            gzip.GzipFile("", "wb", 6, bounded, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for name, path in _files(root):
                with path.open("rb") as content:
                    entry = _entry(name, os.fstat(content.fileno()))
                    tar.addfile(entry, content)
                files, size = files + 1, size + entry.size
                progress(files, size)
    if not files:
        raise SpecError(f"nothing to send in {root}: it is empty, or all of it is ignored")
    return Archive(target, bounded.digest.hexdigest(), bounded.size, files)


def _entry(name: str, status: os.stat_result) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = status.st_size
    entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return entry


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield name in the archive and path of each file to send, sorted."""
    stack = [("", root, Ignoring.above(root), frozenset({root}))]
    found: list[tuple[str, Path]] = []
    while stack:
        prefix, folder, outer, above = stack.pop()
        rules = outer.inside(folder)
        for path in sorted(folder.iterdir()):
            is_folder = path.is_dir()
            if rules.refuses(path, folder=is_folder):
                continue
            name = f"{prefix}{path.name}"
            real = _inside(path, root) if path.is_symlink() else path
            if is_folder:
                if (resolved := real.resolve()) in above:
                    raise SpecError(f"the link {name} leads to a folder around it", _LINK_ADVICE)
                stack.append((f"{name}/", path, rules, above | {resolved}))
            elif real.is_file():  # sockets, pipes and devices are not code
                found.append((name, path))
    return iter(sorted(found))


_LINK_ADVICE: Final = "Remove it, or name it in .submarineignore."


def _inside(link: Path, root: Path) -> Path:
    """Return what *link* leads to; it is sent as a copy of that, and must be in the folder."""
    real = link.resolve()
    name = link.relative_to(root)
    if not real.is_relative_to(root):
        raise SpecError(f"the link {name} leads out of the folder, to {os.readlink(link)}", _LINK_ADVICE)  # noqa: PTH115
    if not real.exists():
        raise SpecError(f"the link {name} leads to nothing ({os.readlink(link)})", _LINK_ADVICE)  # noqa: PTH115
    return real


class _Bounded:
    """A file that counts and digests what is written, and stops at a limit."""

    def __init__(self, raw: IO[bytes], limit: int, root: Path) -> None:
        self.raw, self.limit, self.root = raw, limit, root
        self.digest, self.size = hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self.limit:
            raise SpecError(
                f"{self.root} is larger than {self.limit >> 20} MiB once packed",
                "Name data, results and environments in .submarineignore.",
            )
        self.digest.update(data)
        return self.raw.write(data)

    def flush(self) -> None:
        self.raw.flush()
