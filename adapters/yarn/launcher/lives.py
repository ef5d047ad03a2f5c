"""Runs a replica of a service again and again in its container, where YARN would not."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable

from submarine.adapters.yarn.launcher import kin
from submarine.adapters.yarn.launcher.attendance import WAKING
from submarine.adapters.yarn.launcher.surroundings import CODE, OUTPUT, SITE, WORK

OVER = 0
"""The exit code of a life after which there is no other."""
AGAIN = 75
"""That of one that ended by itself (EX_TEMPFAIL)."""
_PAUSE = (1.0, 30.0)
_LONG = 60.0
"""Seconds after which a life has been a good one: the next begins as soon as the first."""


def keep(live: Callable[[], int]) -> int:
    """Have *live* called, each time in a new child, until one returns `OVER`; return that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKING)
    pause, longest = _PAUSE
    while True:
        began = time.monotonic()
        if _one(live) == OVER:
            return OVER
        for name in (CODE, SITE, OUTPUT, WORK):  # as in a new container; what was spooled is kept
            shutil.rmtree(name, ignore_errors=True)
        if time.monotonic() - began > _LONG:
            pause = _PAUSE[0]
        time.sleep(pause)
        pause = min(2 * pause, longest)


def _one(live: Callable[[], int]) -> int:
    """Return the exit code of one life, once nobody is left who would still kill for it."""
    reader, writer = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if not child:
        code = AGAIN
        try:
            os.close(reader)
            kin.die_with_parent(parent)
            code = live()
        except Exception:  # noqa: BLE001 - it is tried again
            traceback.print_exc(file=sys.stdout)
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    os.read(reader, 1)  # its guardian has the other end too, and lets it go last
    os.close(reader)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else AGAIN
