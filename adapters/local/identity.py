"""Who a local cluster is: a data directory on a machine."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from submarine.adapters.local.layout import DataDirectory

MACHINE_ID = Path("/etc/machine-id")


def identity_of(data: DataDirectory, machine_id: Path = MACHINE_ID) -> str:
    """Return a number kept in *data*, and the machine's own (machine-id(5)), of which only a digest is shown.

    A directory that moves on one machine stays who it is; one that two machines share over a network is
    two clusters, since neither machine sees the processes of the other. Containers of one image may
    share a machine-id, or have none: the number tells them apart.
    """
    try:
        machine = machine_id.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    number = _number(data.identity)
    if not machine:
        return number
    return f"{number}@{hashlib.sha256(b'submarine ' + machine.encode()).hexdigest()[:12]}"


def _number(path: str) -> str:
    """Return what *path* holds, made at the first call; of servers that make it at once one prevails."""
    fresh = f"{path}.{os.getpid()}.{secrets.token_hex(4)}"
    if not os.path.exists(path):
        with open(fresh, "x", encoding="ascii") as file:
            file.write(secrets.token_hex(8) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh)
    with open(path, encoding="ascii") as file:
        return file.read().strip()
