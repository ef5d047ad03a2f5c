"""Why Kueue keeps a job, read from Workloads as its published API has them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from submarine.adapters.kubernetes.queues import Queued, kind_of, note_of, notes
from submarine.core.workloads.workload import Handle
from tests.adapters.kubernetes.workloads import NAME

NEEDED = "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default"
CHECKS = [
    {"name": "provisioning", "state": "Pending", "message": "nodes are on their way"},
    {"name": "budget", "state": "Ready", "message": ""},
]


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    at = "2026-01-01T00:00:00Z"
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": at}


def workload(owner: str, *conditions: dict[str, str], **status: Any) -> Queued:
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": owner, "uid": "u", "controller": True}
    metadata = {"name": f"job-{owner}-1f2e3", "uid": "w", "ownerReferences": [reference]}
    spec = {"queueName": "research", "active": True, "podSets": [{"name": "main", "count": 1}]}
    whole = {"metadata": metadata, "spec": spec, "status": {"conditions": list(conditions), **status}}
    return msgspec.json.decode(msgspec.json.encode(whole), type=Queued)


WAITS = condition("QuotaReserved", "False", "Pending", NEEDED)
RESERVED = condition("QuotaReserved", "True", "QuotaReserved", "Quota reserved in ClusterQueue all")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (workload("x"), "Kueue has not looked at it yet"),
        (workload("x", WAITS), NEEDED),
        (
            workload("x", WAITS, condition("Evicted", "True", "Preempted", "Preempted to make room")),
            f"Preempted to make room; {NEEDED}",
        ),
        (workload("x", WAITS, condition("Evicted", "False", "QuotaReserved", "Previously")), NEEDED),
        (
            workload("x", RESERVED, admissionChecks=CHECKS),
            "it has its quota, and waits for checks of Kueue: provisioning: nodes are on their way",
        ),
        (workload("x", RESERVED, condition("Admitted", "True", "Admitted")), None),
        (workload("x", WAITS, condition("Finished", "True", "Succeeded")), None),
    ],
)
def test_the_words_are_kueue_s(found: Queued, message: str | None) -> None:
    note = note_of(found.status)
    assert (None if note is None else note.message) == message
    assert note is None or note.reason == "queued"


def test_a_workload_is_told_of_the_attempt_whose_object_it_stands_for() -> None:
    other = Handle(f"{NAME}0")
    found = [workload(NAME, WAITS), workload(f"{other}-worker", RESERVED), workload("stranger", WAITS)]
    told = notes({NAME, other}, found)
    assert told.keys() == {NAME, other}
    assert told[NAME].message == NEEDED


def test_of_several_parts_the_one_that_is_kept_is_told() -> None:
    free = workload(f"{NAME}-chief", condition("Admitted", "True", "Admitted"))
    assert notes({NAME}, [free, workload(f"{NAME}-worker", WAITS)])[NAME].message == NEEDED
    assert notes({NAME}, [free]) == {}


@pytest.mark.parametrize(
    ("installed", "version"),
    [
        ({"kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"}, "kueue.x-k8s.io/v1beta2"),
        ({"kueue.x-k8s.io/v1beta1"}, "kueue.x-k8s.io/v1beta1"),
        ({"batch/v1"}, None),
    ],
)
def test_the_newest_version_we_know_is_asked(installed: set[str], version: str | None) -> None:
    kind = kind_of(frozenset(installed))
    assert (kind.version if kind else None) == version
