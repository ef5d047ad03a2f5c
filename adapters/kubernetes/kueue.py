"""Queues of Kueue: a label, and a job that begins suspended until Kueue admits it.

Source: Kueue's ``kueue.x-k8s.io/queue-name`` and its "Run a Kubernetes Job" and "Run Jobs of other kinds".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from submarine.adapters.kubernetes.forms.form import Installed
from submarine.adapters.kubernetes.kinds import JOB_SETS, JOBS, TRAIN_JOBS, TRAINING_RUNTIMES, AnyKind

QUEUE: Final = "kueue.x-k8s.io/queue-name"
_GROUP: Final = "kueue.x-k8s.io/"
_SPEC: Final = (JOBS, JOB_SETS, TRAIN_JOBS)

Body = dict[str, Any]


def queued(
    objects: Sequence[tuple[AnyKind, Body]], queue: str | None, installed: Installed
) -> Sequence[tuple[AnyKind, Body]]:
    """Return *objects* as they wait in *queue*; unchanged where there is none, or no Kueue to admit them."""
    if queue is None or not waits(queue, installed):
        return objects
    return [
        (kind, body if kind is TRAINING_RUNTIMES else _queued(kind, body, queue)) for kind, body in objects
    ]


def waits(queue: str | None, installed: Installed) -> bool:
    """Tell whether who asks for *queue* waits for Kueue."""
    return queue is not None and any(version.startswith(_GROUP) for version in installed)


def _queued(kind: AnyKind, body: Body, queue: str) -> Body:
    metadata = {**body["metadata"], "labels": {**body["metadata"].get("labels", {}), QUEUE: queue}}
    return held_back(kind, {**body, "metadata": metadata})


def held_back(kind: AnyKind, body: Body) -> Body:
    """Return *body* so that it begins suspended, for Kueue to let it go."""
    spec = body["spec"]
    if kind in _SPEC:
        spec = {**spec, "suspend": True}
    elif "runPolicy" in spec:
        spec = {**spec, "runPolicy": {**spec["runPolicy"], "suspend": True}}
    return {**body, "spec": spec}
