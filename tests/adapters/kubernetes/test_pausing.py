"""Jobs that a pause took away are made anew for what had not ended, and for nothing else."""

from __future__ import annotations

from typing import Any

from submarine.adapters.kubernetes import names, variables
from submarine.adapters.kubernetes.pausing import renewed

Body = dict[str, Any]


def job(replicas: int) -> Body:
    """Return an Indexed Job as the parent keeps it."""
    index = {"name": variables.INDEX, "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['x']"}}}
    container = {"name": "main", "env": [index, {"name": "RANK", "value": f"$({variables.INDEX})"}]}
    labels = {names.HANDLE: "sub-j-1", names.ROLE: "worker"}
    return {
        "metadata": {"name": "sub-j-1-worker", "labels": dict(labels)},
        "spec": {
            "completionMode": "Indexed",
            "completions": replicas,
            "parallelism": replicas,
            "backoffLimitPerIndex": 0,
            "template": {
                "metadata": {"labels": dict(labels)},
                "spec": {"subdomain": "sub-j-1", "containers": [container]},
            },
        },
    }


def test_a_job_of_which_nothing_had_ended_comes_back_as_it_was() -> None:
    assert renewed(job(2), {("worker", 0), ("worker", 1), ("ps", 0)}) == [job(2)]


def test_of_a_job_that_had_ended_nothing_comes_back() -> None:
    assert renewed(job(2), {("ps", 0)}) == []


def test_the_rest_of_a_job_comes_back_replica_by_replica_under_the_old_names() -> None:
    first, second = renewed(job(3), {("worker", 0), ("worker", 2)})
    assert [j["metadata"]["name"] for j in (first, second)] == ["sub-j-1-worker-0", "sub-j-1-worker-2"]
    assert second["metadata"]["labels"][names.INDEX] == "2"
    assert second["spec"]["backoffLimit"] == 0
    assert "completions" not in second["spec"]
    template = second["spec"]["template"]
    assert template["metadata"]["labels"][names.INDEX] == "2"
    assert template["spec"]["hostname"] == "sub-j-1-worker-2"
    index, rank = template["spec"]["containers"][0]["env"]
    assert index == {"name": variables.INDEX, "value": "2"}
    assert rank["value"] == f"$({variables.INDEX})"


def test_a_job_of_one_replica_comes_back_if_that_had_not_ended() -> None:
    (alone,) = renewed(job(2), {("worker", 1)})
    assert renewed(alone, {("worker", 1)}) == [alone]
    assert renewed(alone, {("worker", 0)}) == []
