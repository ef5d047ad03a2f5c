"""Forks one supervisor for each replica that has none, then ends, so that they are nobody's children."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback

from submarine.adapters.local import documents
from submarine.adapters.local.layout import Attempt
from submarine.adapters.local.supervisor.attendance import WAKING
from submarine.adapters.local.supervisor.supervisor import CLAIMED, Plan, Supervisor

_CLAIMS = 20.0  # seconds another launcher's supervisors have for their claims


def main(path: str) -> int:
    """Start what has not been started of the workload in the folder *path*; 0 if all replicas are claimed."""
    umask = os.umask(0o077)
    os.chdir("/")
    # Nothing may come between the claim and the first wait: a signal too early would kill.
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKING | {signal.SIGHUP, signal.SIGINT})
    attempt = Attempt(path)
    plan = documents.read(attempt.plan)
    if plan is None:  # removed meanwhile: there is nothing to start
        return 0
    waiting = [_fork(attempt, plan, replica, umask) for replica in _unclaimed(attempt, plan)]
    problems = [said for reader in waiting if (said := _hear(reader))]
    if problems:
        sys.stderr.write(problems[0])
        return 1
    deadline = time.monotonic() + _CLAIMS
    while waiting and os.path.exists(attempt.plan) and _unclaimed(attempt, plan):
        if time.monotonic() > deadline:
            return 1
        time.sleep(0.01)
    return 0


def _unclaimed(attempt: Attempt, plan: Plan) -> list[Plan]:
    return [
        replica
        for replica in plan["replicas"]
        if not os.path.exists(attempt.replica(f"{replica['role']}-{replica['index']}").state)
    ]


def _fork(attempt: Attempt, plan: Plan, replica: Plan, umask: int) -> int:
    """Fork a supervisor; return the descriptor that ends, or says a byte, once it has made its claim."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        return reader
    try:
        os.setsid()
        os.close(reader)
        diary = attempt.replica(f"{replica['role']}-{replica['index']}").diary
        try:
            descriptor = os.open(diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            os.write(writer, str(error).encode())
            raise
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        Supervisor(attempt, plan, replica, umask).run(writer)
    except BaseException:  # noqa: BLE001 - the child must not go on as the launcher
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _hear(reader: int) -> str:
    """Return why a supervisor could not make its claim; nothing if it did, or another one has."""
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    return "" if said == CLAIMED else said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
