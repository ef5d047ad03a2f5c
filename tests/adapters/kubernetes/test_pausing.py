"""What a pause took away is made anew: Jobs for what had not ended and nothing else, all else whole."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from submarine.adapters.kubernetes import forms, names, parents, variables
from submarine.adapters.kubernetes.kinds import JOB_SETS, JOBS, PYTORCH_JOBS, AnyKind
from submarine.adapters.kubernetes.kueue import QUEUE
from submarine.adapters.kubernetes.objects import ConfigMap
from submarine.adapters.kubernetes.pausing import again, held, renewed, renewed_jobs
from submarine.adapters.kubernetes.plan import Plan, RolePlan
from tests.adapters.kubernetes.workloads import NAME

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
    assert renewed_jobs(job(2), {("worker", 0), ("worker", 1), ("ps", 0)}) == [job(2)]


def test_of_a_job_that_had_ended_nothing_comes_back() -> None:
    assert renewed_jobs(job(2), {("ps", 0)}) == []


def test_the_rest_of_a_job_comes_back_replica_by_replica_under_the_old_names() -> None:
    first, second = renewed_jobs(job(3), {("worker", 0), ("worker", 2)})
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
    (alone,) = renewed_jobs(job(2), {("worker", 1)})
    assert renewed_jobs(alone, {("worker", 1)}) == [alone]
    assert renewed_jobs(alone, {("worker", 0)}) == []


@pytest.mark.parametrize(("before", "after"), [(NAME, f"{NAME}-r1"), (f"{NAME}-r9", f"{NAME}-r10")])
def test_a_job_of_the_training_operator_comes_back_under_another_name(before: str, after: str) -> None:
    """Its pods are called by its name and their index, and those of before are still there."""
    body = {"kind": "PyTorchJob", "metadata": {"name": before}, "spec": {}}
    ((kind, found),) = renewed("pytorch-job", body, set())
    assert (kind, found["metadata"]["name"]) == (PYTORCH_JOBS, after)
    assert again(before) == after


@pytest.mark.parametrize(
    ("form", "body", "suspended"),
    [
        ("indexed-job", job(1) | {"kind": "Job"}, ("suspend",)),
        ("job-set", {"kind": "JobSet", "spec": {}}, ("suspend",)),
        ("train-job", {"kind": "TrainJob", "spec": {}}, ("suspend",)),
        ("tf-job", {"kind": "TFJob", "spec": {"runPolicy": {}}}, ("runPolicy", "suspend")),
    ],
)
def test_what_was_in_a_queue_comes_back_into_it(form: str, body: Body, suspended: tuple[str, ...]) -> None:
    labels = {**body.get("metadata", {}).get("labels", {}), QUEUE: "research"}
    ((_, found),) = renewed(form, {**body, "metadata": {"name": NAME, "labels": labels}}, {("worker", 0)})
    assert found["metadata"]["labels"][QUEUE] == "research"
    place = found["spec"]
    for word in suspended:
        place = place[word]
    assert place is True


def test_a_job_set_comes_back_as_its_jobs_and_in_a_queue_as_itself() -> None:
    """So that of its replicas none that had ended runs again, unless it is admitted as a whole."""
    form = forms.named("job-set")
    plan = Plan(roles=(RolePlan("worker", 2),), success="all", kind="batch", form="job-set")
    there = parents.read(msgspec.convert(parents.body(NAME, names.labels_of(NAME, {}), plan), ConfigMap))
    job_set = {"metadata": {"name": NAME, "labels": {}}}
    found: dict[AnyKind, list[Body]] = {JOB_SETS: [job_set], JOBS: [job(2)]}
    assert held(form, there, found) == [(JOBS, job(2))]
    assert held(form, there, {**found, JOBS: []}) == [(JOB_SETS, job_set)]
    job_set["metadata"] = {"name": NAME, "labels": {QUEUE: "research"}}
    assert held(form, there, found) == [(JOB_SETS, job_set)]
