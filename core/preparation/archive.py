"""Unpacks code that may be hostile: it stays in its folder, within its size, and is files only.

``tarfile``'s own filter came with Python 3.11.4 and has had holes since (CVE-2025-4517 climbed out
through long chains of links), so the rules here are stricter: nothing is written through a link.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator

from submarine.core.preparation.errors import PreparationError

_MOST_MEMBERS = 200_000
_LONGEST_NAME = 4096  # PATH_MAX
_EXECUTABLE = 0o100
_DAMAGED = (
    tarfile.TarError, EOFError, zlib.error, OSError,
    ValueError, ArithmeticError, LookupError, RecursionError,  # what tarfile says of mad headers
)  # fmt: skip


def unpack(archive: str, folder: str, limit: int) -> None:
    """Put what *archive* (.tar.gz) holds at *folder*, all or nothing, *limit* bytes at most."""
    scratch = f"{folder}.{os.getpid()}"
    os.mkdir(scratch)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in _bounded(tar, limit):
                _extract(tar, member, scratch)
    except _DAMAGED as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise PreparationError(f"cannot unpack the code: {error}") from error
    except PreparationError:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    if os.path.isdir(folder):
        os.rmdir(folder)  # empty: made with the attempt
    os.rename(scratch, folder)


def _bounded(tar: tarfile.TarFile, limit: int) -> Iterator[tarfile.TarInfo]:
    size = 0
    for count, member in enumerate(tar):
        size += max(member.size, 0)
        if size > limit:
            raise PreparationError(f"the code is larger than {limit} bytes when unpacked")
        if count >= _MOST_MEMBERS:
            raise PreparationError(f"the code has more than {_MOST_MEMBERS} files")
        yield member


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, root: str) -> None:
    target = _place(root, member.name)
    if member.isdir():
        os.makedirs(target, exist_ok=True)
    elif member.isreg():
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _copy(tar, member, target)
    elif member.issym():
        _place(root, os.path.join(os.path.dirname(member.name), member.linkname))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(member.linkname, target)
    elif member.islnk():
        source = _place(root, member.linkname)
        if not os.path.isfile(source) or os.path.islink(source):
            raise PreparationError(f"the code holds {member.name!r}, a link to what is not a file of it")
        os.link(source, target)
    else:
        raise PreparationError(f"the code holds {member.name!r}, which is no file, folder or link")


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: str) -> None:
    mode = 0o777 if member.mode & _EXECUTABLE else 0o666
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    source = tar.extractfile(member)
    with open(os.open(target, flags, mode), "wb") as file:
        if source is not None:
            shutil.copyfileobj(source, file)


def _place(root: str, name: str) -> str:
    """Return where *name* belongs below *root*; refuse what would be elsewhere, or behind a link."""
    if name.startswith("/") or "\0" in name:
        raise PreparationError(f"the code holds {name!r}, an absolute path")
    if len(name) > _LONGEST_NAME:
        raise PreparationError(f"the code holds {name[:80]!r}, a name of {len(name)} characters")
    parts = [part for part in name.split("/") if part not in {"", "."}]
    place: list[str] = []
    for position, part in enumerate(parts, 1):
        if part != "..":
            place.append(part)
        elif place:
            place.pop()
        else:
            raise PreparationError(f"the code holds {name!r}, which leads out of it")
        if position < len(parts) and place and os.path.islink(os.path.join(root, *place)):
            raise PreparationError(f"the code holds {name!r}, which leads through a link")
    return os.path.join(root, *place)
