"""Makes the data directory, and clears away what the dead left half done."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Final

from submarine.adapters.local.config import LocalConfig
from submarine.adapters.local.layout import FORMAT, DataDirectory
from submarine.core.errors import AdapterError

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


def tidy(config: LocalConfig) -> None:
    """Make what is missing, delete what nobody needs; raise `AdapterError` if that cannot be."""
    if sys.platform != "linux":
        raise AdapterError("the local runtime needs Linux: it finds and ends processes through /proc")
    if not os.access(config.interpreter, os.X_OK):
        raise AdapterError(f"the interpreter {config.interpreter} cannot be executed")
    data = DataDirectory(os.path.realpath(config.path))
    try:
        os.makedirs(data.path, mode=0o700, exist_ok=True)
        os.chmod(data.path, 0o700)  # plans and output of many teams lie here
        for folder in data.folders:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        _check_format(data)
        _link_python(data, config.interpreter)
    except OSError as error:
        raise AdapterError(f"cannot use the data directory {data.path}: {error}") from error
    _purge(data.incoming, _HOUR)
    _purge(data.trash, 0)
    _purge(data.tombstones, _DAY)
    _purge(data.declined, _DAY)


def _check_format(data: DataDirectory) -> None:
    try:
        with open(data.format, "x", encoding="ascii") as file:
            file.write(FORMAT)
    except FileExistsError:
        with open(data.format, encoding="ascii") as file:
            found = file.read().strip()
        if found not in {FORMAT, ""}:
            message = f"the data directory {data.path} has format {found}, this version knows {FORMAT}"
            raise AdapterError(message) from None


def _link_python(data: DataDirectory, interpreter: str) -> None:
    """Let commands say ``python`` where the system only has ``python3``."""
    link = os.path.join(data.bin, "python")
    if os.path.islink(link) and os.readlink(link) == interpreter:
        return
    fresh = f"{link}.{os.getpid()}"
    os.symlink(interpreter, fresh)
    os.replace(fresh, link)  # another server may be doing the same


def _purge(folder: str, age: float) -> None:
    for entry in os.scandir(folder):
        try:
            if time.time() - entry.stat(follow_symlinks=False).st_mtime < age:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
        except FileNotFoundError:  # another server tidies too
            continue
