"""The sidecar: when the command has ended, it prints what the SDK could not send, for the server to read.

The command does not wait until the sidecar is there, and a first process for which SIGTERM comes too early
never hears of it. So before the kubelet sends one it runs `wait_until_ready` in the same container. If that
takes longer than the pod has, the command's last line is there when the sidecar begins, and is printed then.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_TOLD = {signal.SIGTERM, signal.SIGINT}
_PAUSE_S = 0.02


def print_spool(folder: str) -> None:
    """Print every whole line below *folder* that is there, and those that come until SIGTERM comes."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
    signal.signal(signal.SIGTERM, lambda *_: None)  # shows whoever looks that it is heard from now on
    printed: dict[str, int] = {}
    _print(folder, printed)
    signal.sigwait(_TOLD)
    _print(folder, printed)


def _print(folder: str, printed: dict[str, int]) -> None:
    """Print the lines behind the bytes *printed* of each file."""
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl"):
            continue
        try:
            with open(os.path.join(folder, name), "rb") as file:
                file.seek(printed.get(name, 0))
                for line in file:
                    if line.endswith(b"\n"):
                        sys.stdout.buffer.write(line)
                        printed[name] = printed.get(name, 0) + len(line)
        except FileNotFoundError:
            continue  # all of it was sent meanwhile
    sys.stdout.buffer.flush()


def wait_until_ready(pid: int) -> None:
    """Return once process *pid* hears SIGTERM, or nobody is there."""
    while (caught := _caught(pid)) is not None and not caught >> signal.SIGTERM - 1 & 1:
        time.sleep(_PAUSE_S)


def _caught(pid: int) -> int | None:
    """Return the mask of the signals that *pid* has a handler for; None if it is gone.

    Source: ``SigCgt`` in https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1], 16) for line in file if line.startswith("SigCgt:")), None)
    except OSError:
        return None


if __name__ == "__main__":
    if sys.argv[1] == "--wait":
        wait_until_ready(int(sys.argv[2]))
    else:
        print_spool(sys.argv[1])
