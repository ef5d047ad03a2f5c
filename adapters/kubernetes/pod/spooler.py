"""The sidecar: when the command has ended, it prints what the SDK could not send, for the server to read."""

from __future__ import annotations

import os
import signal
import sys


def main(folder: str) -> int:
    """Wait for SIGTERM, which comes when the command has ended; print every whole line below *folder*."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
