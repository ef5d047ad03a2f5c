"""The scripts by which clusters are started, ended and disturbed, and waiting for what they bring about."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class CannotStartError(Exception):
    """The cluster cannot run on this machine; the message is one sentence that says why and what to do."""


def run_script(script: Path, *words: str, seconds: float) -> str:
    """Return what *script* prints; raise `CannotStartError` with what it complains of if it fails."""
    done = subprocess.run(
        [str(script), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode != 0:
        raise CannotStartError(done.stderr.strip().removeprefix("error: "))
    return done.stdout


def wait_until(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll *ready* until it is true; fail after *seconds*."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.2)
