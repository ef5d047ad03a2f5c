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
import threading
import time
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class Server:
    """Started on entering, stopped on leaving, and started again should somebody kill it meanwhile.

    The data is in a new folder below *parent*, so that two demos do not meet; *keep* leaves it there.
    """

    def __init__(self, parent: Path, *, keep: bool = False) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=parent))
        self.keep = keep
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._nurse = threading.Thread(target=self._revive, daemon=True)

    @property
    def token(self) -> str:
        """The token of the administrator that its first start made."""
        return (self.folder / "admin-token").read_text().strip()

    def __enter__(self) -> Self:
        try:
            self._process = self._start(port=0)
            self._wait_until_ready(self._process)
        except BaseException:
            self.__exit__()
            raise
        self.url = str(json.loads((self.folder / "server.json").read_text())["url"])
        self._nurse.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._nurse.is_alive():
            self._nurse.join()
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

    def _start(self, port: int) -> subprocess.Popen[bytes]:
        command = [
            "submarine.entrypoints.cli",
            "server",
            "start",
            "--data",
            str(self.folder),
            "--port",
            str(port),
        ]
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C is for us: we cancel what runs, then stop it
            )

    def _revive(self) -> None:
        """Start it again where it was, for its clients are still asking there."""
        while not self._stopping.wait(0.2):
            if self._process is not None and self._process.poll() is not None:
                self._process = self._start(urlsplit(self.url).port or 0)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        limit = time.monotonic() + START_SECONDS
        while not ((self.folder / "server.json").exists() and (self.folder / "admin-token").exists()):
            if process.poll() is not None:
                raise DemoError(f"the server ended while starting:\n{self._last_words()}")
            if time.monotonic() > limit:
                raise DemoError(f"the server is not up after {START_SECONDS:g} s:\n{self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")[-2000:].strip()
