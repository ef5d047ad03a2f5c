"""Small JSON documents that are there whole or not at all, whoever dies while they are written."""

from __future__ import annotations

import json
import os
import time

Document = dict[str, object]
Mark = tuple[int, int]
"""What tells a document from the one that was in its place before."""


def now() -> int:
    """Return Unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000


def write(path: str, document: Document, *, durable: bool = True) -> None:
    """Put *document* at *path*, in place of what was there; *durable* also against a power cut."""
    scratch = f"{path}.{os.getpid()}.{time.monotonic_ns()}"
    data = json.dumps(document, separators=(",", ":")).encode()
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            _write_all(descriptor, data)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(scratch, path)
    except BaseException:
        _unlink(scratch)
        raise
    if durable:
        sync_folder(os.path.dirname(path))


def read(path: str) -> Document | None:
    """Return the document at *path*, None if there is none."""
    try:
        with open(path, "rb") as file:
            document: Document = json.loads(file.read())
            return document
    except (FileNotFoundError, NotADirectoryError):
        return None


def mark(path: str) -> Mark | None:
    """Return the mark of the document at *path*, None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def sync_folder(path: str) -> None:
    """Make the names in the folder *path* outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
