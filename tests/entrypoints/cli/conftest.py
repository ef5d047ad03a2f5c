"""Command lines, run in this process or on a terminal of their own."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from submarine.entrypoints.cli.__main__ import run
from tests.entrypoints.server import Server


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Result]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line where no server is configured."""

    def call(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = run([*arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)

    return call


@pytest.fixture
def cli(server: Server, offline: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command line as the administrator of the server."""
    monkeypatch.setenv("SUBMARINE_URL", server.url)
    monkeypatch.setenv("SUBMARINE_TOKEN", server.token)
    return offline


class Terminal:
    """A process on a pseudo-terminal 100 columns wide; ``text`` is what a person has seen."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "submarine.entrypoints.cli", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", **environment},
            start_new_session=True,
        )
        os.close(slave)
        self.text = ""

    def until(self, condition: Callable[[str], bool], seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while not condition(self.text):
            assert time.monotonic() < deadline, self.text
            if not self._read() and self.process.poll() is not None and not self._read():
                assert condition(self.text), self.text
        return self.text

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.1)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        os.kill(self.process.pid, 2)

    def end(self, seconds: float = 60) -> int:
        self.until(lambda _: self.process.poll() is not None, seconds)
        while self._read():
            pass
        return int(self.process.returncode)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(server: Server) -> Any:
    """Start a command line on a terminal, as the administrator."""
    started: list[Terminal] = []

    def start(*arguments: str, **environment: str) -> Terminal:
        known = {"SUBMARINE_URL": server.url, "SUBMARINE_TOKEN": server.token}
        started.append(Terminal([*arguments], {**known, **environment}))
        return started[-1]

    yield start
    for each in started:
        each.close()
