"""A server that dies at a fail point under a client that goes on as if nothing had happened."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import submarine
from tests.end_to_end.patience import PATIENCE
from tests.entrypoints.server import Server


@contextmanager
def doomed(server: Server, point: str) -> Iterator[submarine.Client]:
    """Run *server* until it dies at *point*, start it again; the client waits and repeats meanwhile."""
    server.start({"SUBMARINE_FAIL_POINT": point})

    def back() -> int:
        code = server.died(PATIENCE)
        server.start()
        return code

    with (
        ThreadPoolExecutor(1) as pool,
        submarine.Client(server.url, server.token, retry_for=PATIENCE) as client,
    ):
        dying = pool.submit(back)
        yield client
        assert dying.result(PATIENCE) == -signal.SIGKILL


def like(founded: Server, root: Path, config: str) -> Server:
    """Return a server below *root* that begins where *founded*, which is down, has stopped."""
    root.mkdir()
    shutil.copytree(founded.data, root / "data", symlinks=True)
    (root / "data").chmod(0o700)
    return Server(root, config)


def left_behind(server: Server) -> set[str]:
    """Return the jobs of which the machine still has anything."""
    folder = server.data / "clusters" / "local" / "workloads"
    return {path.name.split("-")[1] for path in folder.glob("sub-*")}
