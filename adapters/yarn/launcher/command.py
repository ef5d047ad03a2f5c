"""Starts the command of a replica as a child with a process group of its own."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Mapping

from submarine.adapters.yarn.launcher import kin

_NOT_FOUND = 127
_NOT_RUN = 126


def fork(work: Callable[[], int]) -> int:
    """Do *work* in a child, whose output is ours and whose signals are as if nobody had touched them."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = _NOT_RUN
    try:
        os.setpgid(0, 0)
        for signum in (
            signal.SIGTERM,
            signal.SIGQUIT,
            signal.SIGINT,
            signal.SIGHUP,
            signal.SIGPIPE,
            signal.SIGCHLD,
        ):
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        kin.die_with_parent(parent)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(1, 2)
        code = work()
    finally:
        os._exit(code)


def start(command: list[str], env: dict[str, str], folder: str) -> tuple[int, str]:
    """Start *command*; return its number, and why it could not be run, in words, if so."""
    reader, writer = os.pipe()

    def work() -> int:
        why = _become(command, env, folder)
        os.write(writer, why.encode(errors="replace"))
        os.write(2, ("submarine: " + why + "\n").encode(errors="replace"))
        return _NOT_FOUND if why.startswith("command not found") else _NOT_RUN

    child = fork(work)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        return child, pipe.read().decode(errors="replace")


def _become(command: list[str], env: dict[str, str], folder: str) -> str:
    try:
        os.chdir(folder)
        os.execvpe(command[0], command, env)  # noqa: S606 - no shell is the point
    except OSError as error:
        return _explain(command[0], error, env)
    except ValueError as error:
        return f"cannot run {command[0]!r}: {error}"


def _explain(name: str, error: OSError, env: Mapping[str, str]) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        where = "" if "/" in name else " in PATH ({})".format(env.get("PATH", ""))
        return f"command not found: {name!r}{where}"
    if error.errno == errno.ENOEXEC:
        return f"cannot run {name!r}: not a program; does its first line name an interpreter (#!/bin/sh)?"
    if error.errno == errno.EACCES:
        return f"cannot run {name!r}: not executable; chmod +x it or name its interpreter"
    return f"cannot run {name!r}: {error.strerror}"
