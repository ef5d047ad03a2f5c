"""Starts a command so that nothing of it outlives its supervisor unseen."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from submarine.adapters.local.cgroups import Cgroup

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
_SIGNALS = range(1, signal.NSIG)
_MORE_KILLABLE = "300"  # of 1000: when memory runs out, commands go before supervisors and servers

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    if _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")


def spawn(work: Callable[[], NoReturn], *, log: int, cgroup: Cgroup | None = None) -> int:
    """Fork a child in its own session that does *work* and writes to descriptor *log*; return its pid."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        _settle(parent, log)
        if cgroup is not None:
            cgroup.join()
        work()
    except BaseException as error:  # noqa: BLE001 - nothing of the child may return into the parent's code
        _say(f"submarine: cannot start: {error}")
    os._exit(126)


def execute(command: Sequence[str], env: Mapping[str, str], folder: str, umask: int, report: int) -> NoReturn:
    """Become *command*; if that fails write why to the descriptor *report* and end as a shell would."""
    os.umask(umask)
    try:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(env))  # noqa: S606 - no shell is the point
    except OSError as error:
        why = _explain(command[0], error, env)
    except ValueError as error:
        why = f"cannot run {command[0]!r}: {error}"
    os.write(report, why.encode(errors="replace"))
    _say(f"submarine: {why}")
    os._exit(127 if why.startswith("command not found") else 126)


def _explain(name: str, error: OSError, env: Mapping[str, str]) -> str:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        where = "" if "/" in name else f" in PATH ({env.get('PATH', '')})"
        return f"command not found: {name!r}{where}"
    if error.errno == errno.ENOEXEC:
        return f"cannot run {name!r}: not a program; does its first line name an interpreter (#!/bin/sh)?"
    if error.errno == errno.EACCES:
        return f"cannot run {name!r}: not executable; chmod +x it or name its interpreter"
    return f"cannot run {name!r}: {error.strerror}"


def _settle(parent: int, log: int) -> None:
    os.setsid()
    for signum in _SIGNALS:
        try:
            signal.signal(signum, signal.SIG_DFL)
        except (OSError, ValueError):
            continue
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(126)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(_MORE_KILLABLE)
    except OSError:
        return


def _say(text: str) -> None:
    try:
        os.write(2, f"{text}\n".encode(errors="replace"))
    except OSError:
        return
