"""Runs a replica of a service again and again in its container, where YARN would not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from submarine.adapters.yarn.launcher import keeping
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
    pause, longest = _PAUSE
    while True:
        began = time.monotonic()
        if keeping.keep(live) == OVER:
            return OVER
        for name in (CODE, SITE, OUTPUT, WORK):  # as in a new container; what was spooled is kept
            shutil.rmtree(name, ignore_errors=True)
        if time.monotonic() - began > _LONG:
            pause = _PAUSE[0]
        time.sleep(pause)
        pause = min(2 * pause, longest)
