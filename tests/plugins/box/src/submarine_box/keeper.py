"""Runs a command, and ends when nothing of it is left: ``python keeper.py COMMAND …``.

SIGTERM is for the command alone; SIGUSR1 kills all.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_PDEATHSIG, _CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>

_prctl = ctypes.CDLL(None).prctl


def main(command: list[str]) -> int:
    """Run *command*; return its exit code, 128 + n for signal n."""
    _prctl(_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGUSR1, lambda *_: _kill_children())
    try:
        process = subprocess.Popen(command, preexec_fn=_die_with_us)  # noqa: PLW1509 - there are no threads
    except OSError as error:
        print(error, file=sys.stderr)
        return 127
    code = process.wait()
    with contextlib.suppress(ChildProcessError):
        while True:
            _kill_children()  # who loses its parent by that is our child next
            os.waitpid(-1, 0)
    return code if code >= 0 else 128 - code


def _die_with_us() -> None:
    _prctl(_PDEATHSIG, signal.SIGKILL)


def _kill_children() -> None:
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        os.kill(int(pid), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
