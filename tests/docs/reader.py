"""A reader who types what a page says, in a folder and a home of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

from tests.docs.console import Block, Step, blocks, steps

ROOT: Final = Path(__file__).parents[2]
TUTORIAL: Final = ROOT / "docs/tutorial/first-experiment.md"
PORT_OF_THE_PAGES: Final = "8765"
STEP_SECONDS: Final = 90.0


class Reader:
    """Writes the files that have a title, keeps what runs in the first terminal going, types the rest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = str(_free_port())
        self._terminals: list[subprocess.Popen[bytes]] = []
        outside = {name: value for name, value in os.environ.items() if not name.startswith("SUBMARINE_")}
        self._environment = {
            **outside,
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": "",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "120",
            "PYTHONUNBUFFERED": "1",
        }

    def __enter__(self) -> Self:
        (self.folder / "home").mkdir()
        shutil.copytree(
            ROOT / "examples", self.folder / "examples", ignore=shutil.ignore_patterns("__pycache__")
        )
        spec = self.folder / "examples/digits/experiment.yaml"
        spec.write_text(spec.read_text().replace("epochs: 80", "epochs: 3"))  # a page is read in seconds here
        return self

    def __exit__(self, *_: object) -> None:
        for terminal in self._terminals:
            terminal.send_signal(signal.SIGTERM)
        for terminal in self._terminals:
            try:
                terminal.wait(30)
            except subprocess.TimeoutExpired:
                terminal.kill()
                terminal.wait()

    def follow(self, page: Path) -> None:
        """Do everything that *page* says; raise `AssertionError` at the first thing that is not so."""
        for block in blocks(page):
            if block.language == "console":
                for step in steps(block):
                    (self._open_terminal if block.title else self._type)(step)
            elif block.title:
                self._write(block)

    @property
    def url(self) -> str:
        """The address that stands in the pages, with the port of this reader."""
        return f"http://127.0.0.1:{self._port}"

    def begin(self) -> None:
        """Do what the first page says before anything else: a server, and a login as its admin."""
        first, second = [block for block in blocks(TUTORIAL) if block.language == "console"][:2]
        self._open_terminal(steps(first)[0])
        self._type(steps(second)[0])

    def _write(self, block: Block) -> None:
        target = self.folder / block.title
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self._own(block.body))

    def _type(self, step: Step) -> None:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-ec", self._own(step.command)],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"line {step.line}: {step.command}\n{done.stdout}"
        assert self._said(step).fits(done.stdout), f"line {step.line}: {step.command}\n{done.stdout}"

    def _open_terminal(self, step: Step) -> None:
        """Run what stays, and go on when it has printed what it is said to."""
        output = self.folder / f"terminal-{len(self._terminals)}"
        command = ["bash", "-ec", f"exec {self._own(step.command)}"]
        with output.open("wb") as file:
            terminal = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._terminals.append(terminal)
        limit = time.monotonic() + STEP_SECONDS
        while not self._said(step).fits(output.read_text()):
            assert terminal.poll() is None, f"line {step.line}: it ended\n{output.read_text()}"
            assert time.monotonic() < limit, f"line {step.line}: not as said\n{output.read_text()}"
            time.sleep(0.05)

    def _own(self, text: str) -> str:
        return text.replace(PORT_OF_THE_PAGES, self._port)

    def _said(self, step: Step) -> Step:
        return Step(step.command, self._own(step.output), step.line)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
