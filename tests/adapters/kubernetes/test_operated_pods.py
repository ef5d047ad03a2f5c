"""Pods of the training operator's jobs: of those that are deleted, the job is asked why."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from submarine.adapters.kubernetes import names, observing, parents
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.objects import ConfigMap, Operated, Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.plan import Plan, RolePlan
from tests.adapters.kubernetes.test_taken_pods import changed, taken
from tests.adapters.kubernetes.test_unheard_pods import pod
from tests.adapters.kubernetes.workloads import NAME

PLAN: Final = Plan(roles=(RolePlan("worker", 1),), success="all", kind="batch", form="pytorch-job")
MADE: Final = "2026-01-01T00:00:00Z"
LATER: Final = "2026-01-01T00:01:00Z"


def deleted() -> tuple[Cache, Pod]:
    """Return what is known after a pod was killed and is gone."""
    cache = Cache(lambda _handle: None)
    body = parents.body(NAME, names.labels_of(NAME, {}), PLAN)
    marks = {"annotations": {parents.STARTED: "1"}, "uid": "parent", "resourceVersion": "10"}
    cache.parents.put(msgspec.convert({**body, "metadata": {**body["metadata"], **marks}}, ConfigMap))
    gone = changed(taken(pod(20, 137)), metadata={"creationTimestamp": MADE})
    cache.pods.put(gone)
    cache.pods.drop(gone)
    cache.pods.reach("30")
    return cache, gone


def look(cache: Cache) -> Sight:
    sight = observing.look(cache, NAME)
    assert sight is not None
    return sight


def test_nothing_is_lost_before_the_job_was_asked() -> None:
    cache, gone = deleted()
    assert (look(cache).verdict.phase, look(cache).unsure) == ("pending", True)
    assert observing.unexplained(cache, NAME) == [gone]


def test_another_pod_comes_if_the_job_was_suspended() -> None:
    cache, gone = deleted()
    cache.explain(gone, taken=True)
    assert (look(cache).verdict.phase, look(cache).verdict.reason) == ("pending", "queued")
    assert (look(cache).unsure, observing.unexplained(cache, NAME)) == (False, [])


def test_it_is_lost_if_the_job_was_not() -> None:
    cache, gone = deleted()
    cache.explain(gone, taken=False)
    assert (look(cache).verdict.phase, look(cache).verdict.reason) == ("lost", "pod-deleted")


@pytest.mark.parametrize(
    ("spec", "conditions", "suspended"),
    [
        ({"runPolicy": {"suspend": True}}, [], True),
        ({"runPolicy": {}}, [{"type": "Suspended", "status": "False", "lastTransitionTime": LATER}], True),
        ({}, [{"type": "Suspended", "status": "False", "lastTransitionTime": MADE}], False),
        ({}, [{"type": "Running", "status": "True", "lastTransitionTime": LATER}], False),
        ({}, [], False),
    ],
)
def test_a_job_that_was_resumed_already_tells_since_when(
    spec: dict[str, Any], conditions: list[dict[str, str]], suspended: bool
) -> None:
    """One whose change is as old as the pod was resumed to make it."""
    found = {"metadata": {"name": NAME}, "spec": spec, "status": {"conditions": conditions}}
    _, gone = deleted()
    assert msgspec.convert(found, Operated).paused_since(gone) is suspended


def test_what_went_for_a_pause_is_not_missed_after_it() -> None:
    """Also if it was deleted by what is taken away, and nobody had asked it to end."""
    cache, _ = deleted()
    body = parents.body(NAME, names.labels_of(NAME, {}), PLAN)
    marks = {parents.STARTED: "1", parents.RESUMED: "25"}
    metadata = {**body["metadata"], "annotations": marks, "uid": "parent", "resourceVersion": "26"}
    cache.parents.put(msgspec.convert({**body, "metadata": metadata}, ConfigMap))
    assert (look(cache).verdict.phase, look(cache).verdict.reason) == ("pending", "starting")
