"""Places where a test lets the server die, to see that dying just there loses and doubles nothing.

A point costs a comparison while none is armed. Only the environment of a starting server can arm one
(``SUBMARINE_FAIL_POINT``); no request can.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping
from typing import Final

from submarine.core.errors import InvalidError

_STEPS: Final = (
    "queued",
    "placing",
    "submitted",
    "running",
    "suspended",
    "succeeded",
    "failed",
    "lost",
    "cancelling",
    "cancelled",
)

POINTS: Final[Mapping[str, str]] = {
    "admission.writing": "an experiment is written and not committed",
    "admission.committed": "an experiment is committed and not answered",
    **{f"journal.writing.{s}": f"the step to {s} is written and not committed" for s in _STEPS},
    **{f"journal.committed.{s}": f"the step to {s} is committed and nobody heard of it" for s in _STEPS},
    "driver.submitting": "the cluster has not been called",
    "driver.submitted": "the cluster has answered, and that is not written",
    "monitor.judging": "an observation has arrived and means nothing yet",
    "reconciler.cancelling": "the cluster has not been asked to end the job",
    "reconciler.cancelled": "the cluster has been asked to end the job",
    "reconciler.forbidding": "a job has been away for long, and may still turn up",
    "reconciler.forbidden": "the cluster will not start it any more, and nothing says that it is lost",
    "manager.suspended": "the cluster has been asked to pause the job, and nobody has looked",
    "manager.resumed": "the cluster has been asked to let the job go on, and nobody has looked",
    "collector.copying": "nothing of the log has been copied",
    "collector.logged": "the log is in the object store, and the spool only on the cluster",
    "collector.copied": "log and spool are ours, and that is not written",
    "collector.marked": "the log counts as collected, and the cluster still has the workload",
    "collector.removed": "the cluster has forgotten the workload",
    "orphans.noting": "an orphan was seen and is not written",
    "orphans.noted": "an orphan is written and still there",
    "orphans.removed": "an orphan is gone and still written",
    "metrics.writing": "metrics are written and not committed",
    "metrics.committed": "metrics are committed and not answered",
    "spool.annotated": "a parameter or tag of a spool is committed, its metrics are not",
    "artifact.stored": "the bytes of an artifact are in the store, and no record names them",
    "artifact.committed": "a record names the new bytes, and the old are still there",
    "code.stored": "an archive is in the store, and the audit trail does not say so",
}
"""Every point, and what is half done there."""

_armed = ""


def arm(point: str) -> None:
    """Let this process die at *point*; an empty one disarms. Raise `InvalidError` if there is none such."""
    if point and point not in POINTS:
        raise InvalidError.of("SUBMARINE_FAIL_POINT", f"no point {point!r}", f"one of {', '.join(POINTS)}")
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = point


def reach(point: str) -> None:
    """Die as by ``kill -9`` if *point* is armed."""
    if _armed == point:
        os.kill(os.getpid(), signal.SIGKILL)


def reach_each(place: str, steps: Iterable[str]) -> None:
    """Die if the point of *place* and one of *steps* is armed."""
    if _armed:
        for step in steps:
            reach(f"{place}.{step}")
