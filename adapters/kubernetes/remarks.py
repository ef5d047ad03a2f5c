"""Which events of Kubernetes say something of an attempt, and what."""

from __future__ import annotations

import re
from typing import Final

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.objects import Event
from submarine.adapters.kubernetes.observing import who_is
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle

_OURS: Final = re.compile(r"(sub-[0-9a-z]+-[0-9]+)(?:-(.+))?")
_MADE: Final = re.compile(r"(.+-[0-9]+)-[0-9a-z]{5}")
"""The name of a Job's pod, without what the Job adds to its index."""
_USUAL: Final = frozenset({"Created", "Started"})
"""What the states of the job tell already."""
_OUR_DOING: Final = frozenset({"DeadlineExceeded", "BackoffLimitExceeded", "FailedIndexes"})
"""Pods are asked to end by a deadline, and no Job is a judge, see `steward`."""


def remark_of(event: Event, cache: Cache) -> Remark | None:
    """Return what *event* says of an attempt, None if it is about others or says what is known.

    Of what is as it should be, only pods are worth a word.
    """
    about = event.involved_object
    warning = event.type == "Warning"
    if (found := _OURS.fullmatch(about.name)) is None or event.reason in _OUR_DOING:
        return None
    dismissed = event.reason == "Killing" and names.SPOOLER in about.field_path  # as at every end
    dull = about.kind != "Pod" or event.reason in _USUAL or dismissed
    if dull and not warning:
        return None
    handle = Handle(found[1])
    return Remark(
        handle=handle,
        subject=f"{about.kind} {about.name}",
        replica=_replica(cache, handle, about.name, found[2] or "") if about.kind == "Pod" else "",
        reason=event.reason,
        message=event.message,
        warning=warning,
        count=event.times,
        at=event.at,
    )


def _replica(cache: Cache, handle: Handle, pod: str, rest: str) -> str:
    """Return whose pod it is; where it is not heard of, what its name suggests."""
    for known in (*cache.pods.of(handle), *cache.departed(handle)):
        if known.metadata.name == pod and (found := who_is(known)) is not None:
            return f"{found[0]}-{found[1]}"
    made = _MADE.fullmatch(rest)
    return made[1] if made else rest
