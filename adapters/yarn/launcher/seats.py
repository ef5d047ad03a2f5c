"""Which replica a container is, where YARN does not say: the first that no other container has taken."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher.staging import AwayError, GoneError, Staging, TakenError

NUMBER = "YARN_SHELL_ID"
"""The distributed shell's number of a container, from 1; one that replaces another has a new one."""

_PATIENCE = 600.0
_PAUSE = 1.0


class Who(NamedTuple):
    """A replica: its role, and its number in that."""

    role: str
    number: int


def take(job: Mapping[str, Any], staging: Staging, container: str, number: int) -> Who | None:
    """Return the replica that *container* is from now on, None if nothing is left for it to do.

    Raise `AwayError` if HDFS stays away.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _take(job, staging, container, number)
        except GoneError:
            return None
        except AwayError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)


def _take(job: Mapping[str, Any], staging: Staging, container: str, number: int) -> Who | None:
    everybody = [Who(peer["role"], peer["index"]) for peer in job["peers"]]
    first = (number - 1) % len(everybody)
    found = staging.list()
    for who in [*everybody[first:], *everybody[:first]]:
        if _file(who) not in found and _sit(staging, who, container):
            return who
    if job["kind"] == "service" and len(everybody) == 1:
        # Whoever had it was lost with its node: in the place of no other is a container started.
        staging.write(_file(everybody[0]), {"container": container})
        return everybody[0]
    return None


def _sit(staging: Staging, who: Who, container: str) -> bool:
    with contextlib.suppress(TakenError):  # perhaps by ourselves, and the answer was lost
        staging.create(_file(who), {"container": container})
    return bool(staging.read(_file(who))["container"] == container)


def _file(who: Who) -> str:
    return names.seat(*who)
