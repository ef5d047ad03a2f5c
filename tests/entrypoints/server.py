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

from tests.entrypoints.hatchery import Hatchling


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
        self.said = ""  # on the standard output, until it listened; of all its starts
        self._process: subprocess.Popen[str] | Hatchling | None = None

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
        self.launch(variables)
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if "listens on" in line:
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")
        self._await_ready()

    def launch(self, variables: Mapping[str, str] | None = None) -> None:
        """Start it and wait for nothing; it may die before it listens."""
        words = ["server", "start", "--config", str(self._config), "--data", str(self.data)]
        words += ["--host", self.host, "--port", str(self.port)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SUBMARINE_")}
        environment |= variables or {}
        if self._python == sys.executable and "PYTHONPATH" not in (variables or {}):
            self._process = Hatchling(words, environment, self.log)
            return
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [self._python, "-m", "submarine.entrypoints.cli", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
            )

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
        assert code is not None
        return code

    def restart(self, away: float = 0.0, number: int = signal.SIGTERM) -> None:
        """Be away for some seconds and come back with everything."""
        self.stop(number)
        time.sleep(away)
        self.start()
