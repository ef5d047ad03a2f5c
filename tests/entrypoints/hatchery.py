"""Servers as forks of a process that has imported everything: a start costs a third of what it would.

Each is a process with an environment, a log and an end of its own, as if it had been started from a shell.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final

_EGGS: Final = multiprocessing.get_context("forkserver")
_EGGS.set_forkserver_preload(["tests.entrypoints.warm"])
_LOCK: Final = threading.Lock()  # two threads must not ask after one process at once


class Hatchling:
    """A process that runs our command line; used like a `subprocess.Popen` with a pipe as its output."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        reader, writer = _EGGS.Pipe(duplex=False)
        with reader, writer:
            arguments = (list(words), dict(environment), str(log), str(Path.cwd()), writer)
            self._process = _EGGS.Process(target=_hatch, args=arguments, daemon=True)
            with _LOCK:
                self._process.start()
            self.stdout = os.fdopen(os.dup(reader.fileno()))

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, minus the signal that killed it, None while it runs."""
        with _LOCK:
            return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float) -> None:
        """Wait for its end; raise `TimeoutError` after *timeout* seconds."""
        if not wait([self._process.sentinel], timeout):
            raise TimeoutError(f"the server goes on after {timeout:g} s")
        with _LOCK:
            self._process.join()
        self.stdout.close()


def _hatch(words: list[str], environment: dict[str, str], log: str, folder: str, writer: Connection) -> None:
    from submarine.entrypoints.cli.__main__ import run

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(writer.fileno(), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), 2)
    writer.close()
    raise SystemExit(run(words))
