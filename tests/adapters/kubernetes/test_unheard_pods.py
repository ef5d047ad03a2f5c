"""The watches of parents, Jobs and pods do not keep step: what is not heard of yet is not gone."""

from __future__ import annotations

from typing import Any

import msgspec

from submarine.adapters.kubernetes import names, observing, parents
from submarine.adapters.kubernetes.cache import Cache
from submarine.adapters.kubernetes.objects import ConfigMap, Job, Pod
from submarine.adapters.kubernetes.observing import Sight
from submarine.adapters.kubernetes.plan import Plan, RolePlan
from tests.adapters.kubernetes.workloads import NAME

PLAN = Plan(roles=(RolePlan("worker", 1),), success="all", kind="batch", form="indexed-job", jobs=True)


def parent(version: int, **annotations: str) -> ConfigMap:
    body = parents.body(NAME, names.labels_of(NAME, {}), PLAN)
    marks = {"annotations": annotations, "uid": "parent", "resourceVersion": str(version)}
    return msgspec.convert({**body, "metadata": {**body["metadata"], **marks}}, ConfigMap)


def job(version: int, **status: Any) -> Job:
    return msgspec.convert({"metadata": _metadata("job", version), "status": status}, Job)


def pod(version: int, code: int) -> Pod:
    state = {"terminated": {"exitCode": code, "reason": "Error"}}
    status = {"phase": "Failed", "containerStatuses": [{"name": "main", "state": state}]}
    metadata = _metadata("pod", version)
    metadata["labels"] |= {names.COMPLETION: "0"}
    return msgspec.convert({"metadata": metadata, "spec": {"nodeName": "n"}, "status": status}, Pod)


def started(*, jobs: list[Job], **annotations: str) -> Cache:
    """What a server knows that was started again, and has not yet listed the pods."""
    cache = Cache(lambda _handle: None)
    cache.parents.put(parent(10, **{parents.STARTED: "1"}, **annotations))
    cache.jobs.replace(jobs, 30)
    cache.jobs.reach("30")
    return cache


def look(cache: Cache) -> Sight:
    sight = observing.look(cache, NAME)
    assert sight is not None
    return sight


def test_a_pod_that_failed_is_not_lost_because_its_job_is_heard_of_first() -> None:
    cache = started(jobs=[job(20, failedIndexes="0", failed=1)])
    assert (look(cache).verdict.phase, look(cache).unsure) == ("pending", True)
    cache.asked(NAME, [pod(19, 7)], "31")
    assert (look(cache).verdict.phase, look(cache).verdict.exit_code) == ("failed", 7)


def test_a_pod_of_which_the_cluster_says_that_it_is_not_there_is_lost() -> None:
    cache = started(jobs=[job(20, failedIndexes="0", failed=1)])
    cache.asked(NAME, [], "31")
    assert (look(cache).verdict.phase, look(cache).verdict.reason) == ("lost", "pod-deleted")


def test_what_the_watch_of_pods_has_come_past_need_not_be_asked() -> None:
    cache = started(jobs=[job(20, failedIndexes="0", failed=1)])
    cache.pods.reach("20")
    assert (look(cache).verdict.reason, look(cache).unsure) == ("pod-deleted", False)


def test_who_is_cancelled_did_not_fail_to_start_because_its_pod_is_not_heard_of() -> None:
    cache = started(jobs=[job(20)], **{parents.CANCEL: "30"})
    assert look(cache).unsure
    assert look(cache).verdict.phase == "pending"


def test_a_job_that_is_gone_is_missed_when_the_watch_has_come_past_its_beginning() -> None:
    cache = started(jobs=[])
    cache.pods.reach("30")
    assert look(cache).verdict.reason == "vanished"


def _metadata(uid: str, version: int) -> dict[str, Any]:
    labels = {**names.labels_of(NAME, {}), names.ROLE: "worker"}
    return {"name": uid, "uid": uid, "resourceVersion": str(version), "labels": labels}
