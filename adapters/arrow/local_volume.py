"""A volume on this machine's disk, with what Arrow's local file system leaves out.

Arrow neither flushes files to the disk (fsync) nor refuses symbolic links nor removes emptied folders
safely; the few calls for that are here, and only here.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from submarine.adapters.arrow.volume import ABANDONED, DRAFTS, Volume, below, in_order
from submarine.core.errors import UnavailableError
from submarine.core.object_keys import is_part
from submarine.core.ports.object_store import ObjectInfo

if TYPE_CHECKING:
    from pyarrow import NativeFile, fs

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not make us wait
_NO_FILE: Final = {errno.ELOOP, errno.ENXIO}  # a symbolic link, a socket
_RACES: Final = 100


class LocalVolume(Volume):
    """The folder *root*; symbolic links below it are neither followed nor listed."""

    def __init__(self, root: Path) -> None:
        super().__init__(_local, os.path.realpath(root.expanduser()))

    @override
    def prepare(self) -> None:
        Path(self.root).mkdir(mode=0o700, parents=True, exist_ok=True)
        drafts = Path(self.root) / DRAFTS
        with suppress(FileExistsError):
            drafts.mkdir(mode=0o700)
        with os.scandir(drafts) as entries:
            for entry in (entry for entry in entries if entry.is_file(follow_symlinks=False)):
                with suppress(FileNotFoundError):  # published or swept by another server since
                    if entry.stat(follow_symlinks=False).st_mtime < time.time() - ABANDONED:
                        self.discard(entry.path)

    @override
    def discard(self, draft: str) -> None:
        Path(draft).unlink(missing_ok=True)

    @override
    def begin(self) -> tuple[str, NativeFile]:
        os.close(self._alive())
        path, stream = super().begin()
        Path(path).chmod(0o600)
        return path, stream

    @override
    def publish(self, draft: str, key: str) -> None:
        _flush(draft)
        *folders, name = key.split("/")
        for _ in range(_RACES):
            try:
                with self._folder(folders, make=True) as folder:
                    os.rename(draft, name, dst_dir_fd=folder)
                    os.fsync(folder)
            except FileNotFoundError:
                # a delete found the folder empty and took it away under our hand; or the draft is gone
                Path(draft).lstat()
            else:
                return
        raise UnavailableError(f"object {key!r}: its folder was deleted {_RACES} times while it was stored")

    @override
    def read(self, key: str) -> NativeFile:
        *folders, name = key.split("/")
        try:
            with self._present(folders) as folder:
                file = os.open(name, _FILE, dir_fd=folder)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise FileNotFoundError(key) from error
            raise
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise FileNotFoundError(key)
            return self.files.open_input_file(
                f"/proc/self/fd/{file}"
            )  # this very file, whatever the path is now
        finally:
            os.close(file)

    @override
    def stat(self, key: str) -> ObjectInfo:
        *folders, name = key.split("/")
        with self._present(folders) as folder:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(key)
        return _info(key, found)

    @override
    def children(self, folder: str, start: str = "") -> Sequence[ObjectInfo | str]:
        found: dict[str, ObjectInfo | str] = {}
        with (
            suppress(FileNotFoundError),
            self._present(folder.split("/") if folder else []) as opened,
            os.scandir(opened) as entries,
        ):
            for entry in entries:
                if not is_part(entry.name) or not entry.name.startswith(start):
                    continue
                key = below(folder, entry.name)
                with suppress(FileNotFoundError):  # deleted since
                    if entry.is_dir(follow_symlinks=False):
                        found[f"{key}/"] = key
                    elif entry.is_file(follow_symlinks=False):
                        found[key] = _info(key, entry.stat(follow_symlinks=False))
        return in_order(found)

    @override
    def delete(self, key: str) -> None:
        *folders, name = key.split("/")
        with suppress(FileNotFoundError, IsADirectoryError):
            with self._present(folders) as folder:
                os.unlink(name, dir_fd=folder)
            self._prune(folders)

    def _prune(self, folders: list[str]) -> None:
        """Remove *folders* from the innermost on, until one is not empty."""
        while folders:
            *folders, name = folders
            with self._present(folders) as folder:
                try:
                    os.rmdir(name, dir_fd=folder)
                except OSError:
                    return

    @contextmanager
    def _present(self, folders: Sequence[str]) -> Iterator[int]:
        """Open the folder of objects to read; what is no folder holds none."""
        try:
            with self._folder(folders) as folder:
                yield folder
        except NotADirectoryError as error:
            raise FileNotFoundError(*error.args) from error

    @contextmanager
    def _folder(self, folders: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """Open a folder step by step, so that no link on the way leads out of the root.

        With *make*, each step is made if absent and flushed, whoever made it.
        """
        here = self._alive()
        try:
            for name in folders:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, 0o700, dir_fd=here)
                    os.fsync(here)
                step = os.open(name, _FOLDER, dir_fd=here)
                os.close(here)
                here = step
            yield here
        finally:
            os.close(here)

    def _alive(self) -> int:
        """Open the root; if that is gone, it says nothing about any object."""
        try:
            return os.open(self.root, _FOLDER)
        except FileNotFoundError as error:
            raise UnavailableError(f"the object store's folder {self.root} is gone") from error


def _local() -> fs.FileSystem:
    from pyarrow import fs

    return fs.LocalFileSystem()


def _flush(path: str) -> None:
    """Wait until the file is on the disk; what failed to be written earlier is told here too.

    Source: Linux lib/errseq.c, an unseen write error is reported on descriptors opened later.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key=key, size=found.st_size, modified=found.st_mtime_ns // 1_000_000)
