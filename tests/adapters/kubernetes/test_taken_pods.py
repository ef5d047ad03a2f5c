"""A pod that a queue took away has not ended its replica; one that somebody deleted has."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import pytest

from submarine.adapters.kubernetes import names, observing, parents
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.objects import Job, Object, Pod
from tests.adapters.kubernetes.test_unheard_pods import job, parent, pod
from tests.adapters.kubernetes.workloads import NAME

T = TypeVar("T", bound=Object)

SUSPENDED = {"spec": {"suspend": True}}
GOING = "2026-01-01T00:00:00Z"


def seen(*jobs: Job, **annotations: str) -> tuple[str, str]:
    """Return how a replica fares whose pod was killed and is gone, where these are the Jobs."""
    gone = taken(pod(20, 137))
    cache = Cache(lambda _handle: None)
    cache.parents.put(parent(10, **{parents.STARTED: "1"}, **annotations))
    cache.pods.put(gone)
    cache.pods.drop(gone)
    cache.jobs.replace(jobs, 30)
    for shelf in (cache.pods, cache.jobs):
        shelf.reach("30")
    sight = observing.look(cache, NAME)
    assert sight is not None
    return sight.verdict.phase, sight.verdict.reason


def taken(found: Pod) -> Pod:
    return changed(found, metadata={"deletionTimestamp": GOING})


def changed(found: T, **parts: dict[str, Any]) -> T:
    """Return *found* with other words in *parts*."""
    said = msgspec.to_builtins(found)
    for name, part in parts.items():
        said[name] |= part
    return msgspec.convert(said, type(found))


def test_another_pod_comes_when_its_job_is_resumed() -> None:
    assert seen(changed(job(21), **SUSPENDED)) == ("pending", "queued")


def test_it_waits_for_what_its_job_says_of_a_pod_that_is_gone() -> None:
    assert seen(job(21)) == ("pending", "starting")


@pytest.mark.parametrize("suspended", [{}, SUSPENDED])
def test_it_is_lost_if_its_job_counts_that_as_a_failure(suspended: dict[str, Any]) -> None:
    assert seen(changed(job(21, failedIndexes="0"), **suspended)) == ("lost", "pod-deleted")


def test_a_job_for_one_replica_counts_without_indexes() -> None:
    labels = {**names.labels_of(NAME, {}), names.ROLE: "worker", names.INDEX: "0"}
    assert seen(changed(job(21, failed=1), metadata={"labels": labels})) == ("lost", "pod-deleted")


def test_it_is_lost_if_its_job_is_gone_or_goes() -> None:
    assert seen() == ("lost", "pod-deleted")
    assert seen(changed(job(21), metadata={"deletionTimestamp": GOING})) == ("lost", "pod-deleted")


def test_who_asked_for_its_end_has_it() -> None:
    assert seen(changed(job(21), **SUSPENDED), **{parents.CANCEL: "1"}) == ("cancelled", "cancelled")
