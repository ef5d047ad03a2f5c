"""Two processes above the launcher: whichever is killed, another is left that kills all the rest.

YARN knows the outer one, and kills it with its process group. The inner one leads a group of its own, and
ends all that is below it when the outer one is gone. Both adopt orphans, so that nothing can leave.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

from submarine.adapters.yarn.launcher import kin

_PASSED_ON = frozenset({signal.SIGTERM, signal.SIGQUIT})
_WAKING = _PASSED_ON | {signal.SIGCHLD, signal.SIGHUP, signal.SIGINT}
_TICK = 5.0
"""Seconds between looks whether the process above lives, where the kernel does not tell."""
_BROKEN = 1
_ABANDONED = 137


def guarded(work: Callable[[], int]) -> int:
    """Do *work* below two processes that wait for it; return its exit code once nothing of it is left."""
    return keep(lambda: _apart(work))


def keep(work: Callable[[], int], *, parent: int | None = None) -> int:
    """Do *work* in a child, to which signals are passed on; return its exit code once nothing of it is left.

    End it where *parent*, if that is given, is not above us any more.
    """
    kin.adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAKING)
    child = _fork(work)
    while (code := kin.bury(child)) is None and parent in (None, os.getppid()):
        told = signal.sigtimedwait(_WAKING, _TICK)
        if told is not None and told.si_signo in _PASSED_ON:
            os.kill(child, told.si_signo)
    kin.Kin(os.environ[kin.MARK]).kill()
    return _ABANDONED if code is None else code


def _apart(work: Callable[[], int]) -> int:
    parent = os.getppid()
    os.setpgid(0, 0)
    kin.die_with_parent(parent, signal.SIGHUP)  # which is heard, not died of
    return keep(work, parent=parent)


def _fork(work: Callable[[], int]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = _BROKEN
    try:
        kin.die_with_parent(parent)
        code = work()
    except Exception:  # noqa: BLE001 - it ends here, whatever it was
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os._exit(code)
