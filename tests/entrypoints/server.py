"""A real server in a process of its own, that tests stop, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path


class Server:
    """``submarine server start`` on a free port with records, jobs and files below *root*.

    *config* is the text of its settings file, beside which only address and data folder are given;
    *python* is the interpreter that runs it; what it says of itself goes to *log*.
    """

    def __init__(
        self,
        root: Path,
        config: str = "",
        *,
        host: str = "127.0.0.1",
        python: str = sys.executable,
        log: Path | None = None,
    ) -> None:
        self.root = root
        self.host = host
        self._python = python
        self.log = log or root / "log"
        self._config = root / "submarine.toml"
        self._config.write_text(config)
        self.data = root / "data"
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def token(self) -> str:
        """The administrator's."""
        return (self.data / "admin-token").read_text().strip()

    @property
    def pid(self) -> int:
        """Of the process, which must be running."""
        assert self._process is not None
        return self._process.pid

    def start(self, variables: Mapping[str, str] | None = None) -> None:
        """Start it on the port it had, with *variables* in its environment; return when it answers."""
        process = self.launch(variables)
        assert process.stdout is not None
        for line in process.stdout:
            if "listens on" in line:
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")
        self._await_ready()

    def launch(self, variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start it and wait for nothing; it may die before it listens."""
        command = [self._python, "-m", "submarine.entrypoints.cli", "server", "start"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SUBMARINE_")}
        environment |= variables or {}
        command += ["--config", str(self._config), "--data", str(self.data)]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--host", self.host, "--port", str(self.port)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )
        return self._process

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server does not become ready")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the process; its jobs go on."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.communicate(timeout=60)
            self._process = None

    def refusal(self) -> str:
        """Start it, and return what it says instead of going on; it writes nothing below *root*."""
        command = [self._python, "-m", "submarine.entrypoints.cli", "server", "start"]
        command += ["--config", str(self._config), "--port", "0", "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1, done
        return done.stderr

    def send(self, number: int) -> None:
        """Send a signal to the process, and do not wait for what it does."""
        assert self._process is not None
        self._process.send_signal(number)

    def died(self, patience: float = 60.0) -> int:
        """Wait until it has ended by itself; return its exit code, -9 if it was killed."""
        assert self._process is not None
        self._process.communicate(timeout=patience)
        code, self._process = self._process.returncode, None
        return code

    def restart(self, away: float = 0.0, number: int = signal.SIGTERM) -> None:
        """Be away for some seconds and come back with everything."""
        self.stop(number)
        time.sleep(away)
        self.start()
