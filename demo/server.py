"""A real server in a process of its own, with a folder that goes when it goes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class Server:
    """Started on entering, stopped on leaving; *keep* leaves its data for a later start.

    The data is in a new folder below *parent*, so that two demos do not meet.
    """

    def __init__(self, parent: Path, *, keep: bool = False) -> None:
        parent.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=parent))
        self.keep = keep
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        """The command that starts it; port 0 is any free one."""
        return ["submarine", "server", "start", "--data", str(self.folder), "--port", "0"]

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(json.loads((self.folder / "server.json").read_text())["url"])

    @property
    def token(self) -> str:
        """The token of the administrator that its first start made."""
        return (self.folder / "admin-token").read_text().strip()

    def __enter__(self) -> Self:
        program = [sys.executable, "-m", "submarine.entrypoints.cli", *self.command[1:]]
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C is for us: we cancel what runs, then stop it
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # another demo is there
                self.folder.parent.rmdir()

    def _wait_until_ready(self) -> None:
        limit = time.monotonic() + START_SECONDS
        while not ((self.folder / "server.json").exists() and (self.folder / "admin-token").exists()):
            if self._process is None or self._process.poll() is not None:
                raise DemoError(f"the server ended while starting:\n{self._last_words()}")
            if time.monotonic() > limit:
                raise DemoError(f"the server is not up after {START_SECONDS:g} s:\n{self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")[-2000:].strip()
