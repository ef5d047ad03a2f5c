"""A small disk of its own for a server, which a test can fill up, make read-only, and mend."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_BLOCK: Final = b"\0" * 65536


class NoDiskError(Exception):
    """Disks cannot be made here; the message says why."""


class Disk:
    """An ext4 file system in a file, mounted at *path*."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Use up all room, to the last block."""
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for size in (len(_BLOCK), 4096, 512, 1):
                try:
                    while True:
                        os.write(file, _BLOCK[:size])
                except OSError:
                    continue
            os.fsync(file)
        finally:
            os.close(file)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def forbid(self) -> None:
        """Let every write fail, of files that are open too, as when a kernel gives a disk up."""
        # a mount with open files cannot be made read-only from outside; what is immutable comes near
        subprocess.run(["chattr", "-R", "-f", "+i", str(self.path)], check=False)

    def allow(self) -> None:
        """Let writes succeed again."""
        subprocess.run(["chattr", "-R", "-f", "-i", str(self.path)], check=False)

    def remount(self, how: str) -> None:
        """Mount it anew, ``ro`` or ``rw``; nobody may have a file open for writing."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True)


@contextmanager
def mounted(folder: Path, mebibytes: int = 48) -> Iterator[Disk]:
    """Make a disk of *mebibytes* below *folder*; raise `NoDiskError` where that cannot be."""
    if os.geteuid() != 0:
        raise NoDiskError("only root can mount a disk")
    if any(shutil.which(tool) is None for tool in ("mkfs.ext4", "mount", "umount", "chattr")):
        raise NoDiskError("mkfs.ext4, mount, umount and chattr are needed")
    image, path = folder / "disk.img", folder / "disk"
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(mebibytes * 2**20)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    _run("mount", "-o", "loop", str(image), str(path))
    disk = Disk(path)
    try:
        yield disk
    finally:
        disk.allow()
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDiskError(f"{command[0]}: {done.stderr.strip()}")
