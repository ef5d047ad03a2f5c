"""The cluster's words turned into ours, from objects as the API shows them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from submarine.adapters.kubernetes import reasons
from submarine.adapters.kubernetes.names import STOP
from submarine.adapters.kubernetes.objects import Pod
from submarine.adapters.kubernetes.reasons import Word


def pod(phase: str, state: dict[str, Any] | None = None, **more: Any) -> Pod:
    metadata = {"name": "p", "uid": "u", **more.pop("metadata", {})}
    status: dict[str, Any] = {"phase": phase, **more}
    if state is not None:
        status["containerStatuses"] = [{"name": "main", "state": state}]
    return msgspec.convert(
        {"metadata": metadata, "spec": {"nodeName": "n"}, "status": status}, Pod, strict=False
    )


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def disrupted(reason: str) -> dict[str, Any]:
    return {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "m"}]}


GONE = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("seen", "phase", "reason", "code"),
    [
        (pod("Succeeded", ended(0, "Completed")), "succeeded", "", 0),
        (pod("Failed", ended(7)), "failed", "exit-code", 7),
        (pod("Failed", ended(137, "OOMKilled")), "failed", "out-of-memory", 137),
        (pod("Failed", ended(128, "StartError", "no such file")), "failed", "cannot-start", 128),
        (pod("Failed", ended(143), reason="DeadlineExceeded"), "failed", "deadline-exceeded", 143),
        (pod("Failed", reason="Evicted", message="low on memory"), "failed", "evicted", None),
        (pod("Failed", ended(143), **disrupted("PreemptionByScheduler")), "failed", "preempted", 143),
        (pod("Failed", ended(143), **disrupted("EvictionByEvictionAPI")), "failed", "preempted", 143),
        (pod("Failed", **disrupted("DeletionByTaintManager")), "lost", "node-lost", None),
        (pod("Failed", **disrupted("DeletionByPodGC")), "lost", "node-lost", None),
        (pod("Failed", reason="OutOfcpu", message="no room"), "lost", "node-refused", None),
        (pod("Failed", ended(137, "ContainerStatusUnknown")), "lost", "node-lost", None),
    ],
)
def test_an_end_has_a_reason(seen: Pod, phase: str, reason: str, code: int | None) -> None:
    word = reasons.of_ended(seen, left=False)
    assert (word.phase, word.reason, word.exit_code) == (phase, reason, code)


def test_a_pod_that_left_unseen_is_lost_unless_we_asked() -> None:
    assert reasons.of_ended(pod("Running"), left=True).reason == "pod-deleted"
    asked = pod("Running", metadata={"annotations": {STOP: reasons.CANCELLING}, **GONE})
    assert reasons.of_ended(asked, left=True).phase == "cancelled"


def test_who_ended_by_itself_before_it_was_asked_keeps_its_end() -> None:
    marked = {"annotations": {STOP: reasons.CANCELLING}}
    assert reasons.of_ended(pod("Succeeded", ended(0), metadata=marked), left=False).phase == "succeeded"
    assert reasons.of_ended(pod("Failed", ended(3), metadata=marked), left=False).reason == "exit-code"


def test_who_says_goodbye_counts_as_cancelled() -> None:
    marked = {"annotations": {STOP: reasons.CANCELLING}}
    word = reasons.of_ended(pod("Failed", ended(0), reason="DeadlineExceeded", metadata=marked), left=False)
    assert word == Word("cancelled", "cancelled", "cancelled", 0)


def test_a_failed_preparation_says_its_last_words() -> None:
    init = {"name": "submarine-prepare", "state": ended(1, message="cannot fetch 'main'\n")}
    word = reasons.of_ended(pod("Failed", initContainerStatuses=[init]), left=False)
    assert word == Word("failed", "preparation-failed", "cannot fetch 'main'")


@pytest.mark.parametrize(
    "reason", ["ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"]
)
def test_an_image_that_cannot_be_had_is_waited_for_in_words(reason: str) -> None:
    word = reasons.of_living(pod("Pending", {"waiting": {"reason": reason, "message": "401"}}), service=False)
    assert word == Word("pending", "image-pull", f"{reason}: 401")


def test_the_scheduler_says_why_it_waits() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    word = reasons.of_living(pod("Pending", conditions=[condition]), service=False)
    assert word == Word("pending", "unschedulable", "0/3 nodes")


def test_a_node_that_does_not_answer_ends_nothing() -> None:
    condition = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
    seen = pod("Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, conditions=[condition])
    word = reasons.of_living(seen, service=False)
    assert (word.phase, word.reason) == ("running", "node-unreachable")


def test_a_pod_that_is_deleted_while_it_runs_is_lost_and_one_that_failed_before_has_failed() -> None:
    assert reasons.of_ended(pod("Failed", ended(143), metadata=GONE), left=False).reason == "pod-deleted"
    assert reasons.of_ended(pod("Failed", ended(3), metadata=GONE), left=False).reason == "exit-code"
