"""Names and labels on the cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

HANDLE: Final = "submarine/handle"
ROLE: Final = "submarine/role"
INDEX: Final = "submarine/index"
PART: Final = "submarine/part"
ATTEMPT: Final = "attempt"
"""The value of `PART` on the parent of an attempt."""
STOP: Final = "submarine/stop"
"""Annotation of a pod that we asked to end: why."""
COMPLETION: Final = "batch.kubernetes.io/job-completion-index"
JOB_UID: Final = "batch.kubernetes.io/controller-uid"
ORDINAL: Final = "apps.kubernetes.io/pod-index"
MANAGED: Final = {"app.kubernetes.io/managed-by": "submarine"}
OPERATED: Final = "training.kubeflow.org/job-name"
REPLICA: Final = "training.kubeflow.org/replica-index"
MAIN: Final = "main"
"""The container of the command, where no operator wants another name for it."""
MAINS: Final = frozenset({MAIN, "pytorch", "tensorflow", "xgboost", "mpi", "node"})
SPOOLER: Final = "submarine-spool"
PREPARATION: Final = "submarine-prepare"

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_KEY: Final = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def is_label(text: str) -> bool:
    """Tell whether *text* is a DNS label."""
    return _LABEL.fullmatch(text) is not None


def set_name(handle: str, role: str) -> str:
    """Return the name of the Job or StatefulSet that runs a whole role."""
    return f"{handle}-{role}"


def host_name(handle: str, role: str, index: int) -> str:
    """Return the host name of a replica; Indexed Jobs and StatefulSets give the same by themselves."""
    return f"{handle}-{role}-{index}"


def labels_of(handle: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of every object of an attempt: ours, and what of *given* Kubernetes takes."""
    fit = {k: v for k, v in given.items() if _KEY.fullmatch(k) and _VALUE.fullmatch(v)}
    return {**fit, **MANAGED, HANDLE: handle}


def annotations_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return the labels among *given* that are none to Kubernetes, so that they are seen nevertheless."""
    return {k: v for k, v in given.items() if _KEY.fullmatch(k) and not _VALUE.fullmatch(v)}
