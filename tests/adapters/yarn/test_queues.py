"""What the capacity scheduler tells of its queues; the documents are those of Hadoop 3.4.2, shortened."""

from __future__ import annotations

from typing import Any

import pytest

from submarine.adapters.yarn.queues import Queues


def leaf(name: str, **more: Any) -> dict[str, Any]:
    told = {
        "queueName": name,
        "queuePath": f"root.{name}",
        "state": "RUNNING",
        "absoluteUsedCapacity": 12.4,
        "absoluteMaxCapacity": 40.0,
        "numPendingApplications": 0,
        "autoCreationEligibility": "off",
    }
    return {**told, **more}


def scheduler(*queues: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schedulerInfo": {"queues": {"queue": list(queues)}, **more}}


def test_only_leaves_take_jobs() -> None:
    found = Queues.of(scheduler(leaf("a"), leaf("b", queues={"queue": [leaf("c"), leaf("d")]})))
    assert [queue.name for queue in found.leaves] == ["a", "c", "d"]


def test_a_queue_says_how_full_it_is() -> None:
    (queue,) = Queues.of(scheduler(leaf("ml", numPendingApplications=3, state="STOPPED"))).leaves
    assert str(queue) == "queue ml: 12 of 40 % of the cluster used, 3 waiting, stopped"


@pytest.mark.parametrize("name", [None, "a", "root.a"])
def test_a_queue_that_runs_is_not_refused(name: str | None) -> None:
    assert Queues.of(scheduler(leaf("a"))).refusal(name) is None


def test_an_unknown_queue_is_refused_beside_those_that_are_known() -> None:
    found = Queues.of(scheduler(leaf("a"), leaf("b")))
    assert found.refusal("c") == "there is no queue c, but a, b"


def test_a_stopped_queue_is_refused() -> None:
    assert Queues.of(scheduler(leaf("a", state="STOPPED"))).refusal("a") == "queue a is stopped"


@pytest.mark.parametrize(
    "told",
    [
        scheduler(leaf("a", autoCreationEligibility="flexible")),
        scheduler(leaf("a", autoCreateChildQueueEnabled=True)),
        scheduler(leaf("a"), autoCreationEligibility="flexible"),
        {"schedulerInfo": {"type": "fifoScheduler"}},
        None,
    ],
)
def test_where_queues_may_be_made_or_are_not_told_none_is_refused(told: object) -> None:
    assert Queues.of(told).refusal("new") is None
