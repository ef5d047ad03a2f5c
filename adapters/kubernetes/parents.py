"""The parent of an attempt: a ConfigMap that owns all its objects, and holds what was decided and ordered.

It is the one place that all servers agree on: its creation is the submission, its annotations are
orders, its data is the plan and in the end the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.objects import ConfigMap, millis
from submarine.adapters.kubernetes.plan import FORMAT, Closing, Plan
from submarine.core.workloads.workload import Handle

CANCEL: Final = "submarine/cancel"
STARTED: Final = "submarine/started"
SUSPENDED: Final = "submarine/suspended"
RESUMED: Final = "submarine/resumed"
"""The version up to which pods went because of a pause, and others came after it."""
DECLINED: Final = "submarine/declined"
PAUSED: Final = "paused"
PAUSED_UIDS: Final = "paused-uids"
"""Data: what a pause took away, see `pausing`, and the uids of all that made pods."""

_PLAN: Final = msgspec.json.Decoder(Plan)
_CLOSING: Final = msgspec.json.Decoder(Closing)


class Parent(msgspec.Struct, frozen=True):
    """A parent as it was last read. Without a plan it is a tombstone: cancelled before it was submitted.

    ``cancel`` is how many seconds who asked for the end granted. No moment is kept: servers' clocks
    differ, and each counts from when it heard of the order. ``paused`` are the uids of what a pause took
    away and that is not made anew yet; pods that were deleted up to version ``resumed`` went for one.
    """

    handle: Handle
    uid: str
    version: int
    ours: bool
    deleting: bool
    created: int
    labels: Mapping[str, str]
    plan: Plan | None = None
    cancel: float | None = None
    started: bool = False
    suspended: bool = False
    paused: frozenset[str] = frozenset()
    resumed: int = 0
    declined: bool = False
    closing: Closing | None = None
    damage: str = ""


def read(found: ConfigMap) -> Parent:
    """Return the parent that *found* is; what of it is damaged is said, never raised."""
    meta = found.metadata
    marks = meta.annotations
    damage = ""
    plan = closing = cancel = None
    try:
        if text := found.data.get("plan"):
            plan = _PLAN.decode(text)
            if plan.format > FORMAT:
                damage = f"it was written by a newer server (format {plan.format})"
        if text := found.data.get("closing"):
            closing = _CLOSING.decode(text)
        if text := marks.get(CANCEL):
            cancel = float(text)
    except (msgspec.MsgspecError, ValueError) as error:
        damage = f"its ConfigMap is damaged: {error}"
    return Parent(
        handle=Handle(meta.name),
        uid=meta.uid,
        version=meta.version,
        ours=meta.labels.get(names.PART) == names.ATTEMPT,
        deleting=meta.deletion_timestamp is not None,
        created=_moment(meta.creation_timestamp),
        labels=meta.labels,
        plan=plan,
        cancel=cancel,
        started=STARTED in marks,
        suspended=SUSPENDED in marks,
        paused=frozenset(found.data.get(PAUSED_UIDS, "").split()),
        resumed=int(marks.get(RESUMED, 0)) if marks.get(RESUMED, "").isdecimal() else 0,
        declined=DECLINED in marks,
        closing=closing,
        damage=damage,
    )


def body(handle: str, labels: Mapping[str, str], plan: Plan) -> dict[str, Any]:
    """Return the ConfigMap that begins an attempt."""
    return {"metadata": _metadata(handle, labels), "data": {"plan": msgspec.json.encode(plan).decode()}}


def tombstone(handle: str, grace: float) -> dict[str, Any]:
    """Return the ConfigMap that keeps an attempt from ever beginning."""
    metadata = _metadata(handle, names.labels_of(handle, {}))
    return {"metadata": {**metadata, "annotations": cancelled(grace)}}


def cancelled(grace: float, before: float | None = None) -> dict[str, str]:
    """Return the annotations that ask for the end within *grace* seconds, or sooner if *before* says so."""
    return {CANCEL: str(max(grace if before is None else min(grace, before), 0.0))}


def closed(closing: Closing, version: int) -> dict[str, Any]:
    """Return the patch that writes *closing* down, if the parent is still of *version*."""
    data = {"closing": msgspec.json.encode(closing).decode()}
    return {"metadata": {"resourceVersion": str(version)}, "data": data}


def owner(parent: Parent) -> dict[str, Any]:
    """Return the reference that makes an object go when *parent* goes."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": parent.handle, "uid": parent.uid}


def _metadata(handle: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"name": handle, "labels": {**labels, names.PART: names.ATTEMPT}}


def _moment(moment: datetime | None) -> int:
    return millis(moment) or 0
