"""Where each bundled policy sends a job, and what it says about it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest

from submarine.core.ports.placement import Candidate, Ranked, Request
from submarine.core.workloads.resources import Resources
from submarine.plugins.registry import discover

GIB = 2**30


def candidate(name: str, **fields: Any) -> Candidate:
    defaults: dict[str, Any] = {
        "labels": {},
        "total": Resources(cpu=10_000, memory=10 * GIB),
        "free": Resources(cpu=10_000, memory=10 * GIB),
        "running": 0,
        "project_running": 0,
        "order": 0,
    }
    return Candidate(cluster=name, **(defaults | fields))


def ranked(
    policy: str,
    *candidates: Candidate,
    asked: Resources = Resources(cpu=1000, memory=GIB),  # noqa: B008 - frozen
    options: Mapping[str, object] | None = None,
) -> list[Ranked]:
    """Return the answer, which does not hang on the order in which candidates are told."""
    request = Request(resources=asked, options=options or {})
    answers = [list(discover_policy(policy).rank(request, order)) for order in permutations(candidates)]
    assert all(answer == answers[0] for answer in answers)
    return answers[0]


POLICIES = discover().policies


def discover_policy(name: str) -> Any:
    return POLICIES[name]


def names(answer: list[Ranked]) -> list[str]:
    return [one.cluster for one in answer]


def test_least_loaded_weighs_the_scarcest_resource() -> None:
    busy_cpu = candidate("busy-cpu", free=Resources(cpu=2_000, memory=9 * GIB))
    busy_memory = candidate("busy-memory", free=Resources(cpu=9_000, memory=3 * GIB))
    half = candidate("half", free=Resources(cpu=5_000, memory=5 * GIB))
    assert ranked("least-loaded", busy_cpu, busy_memory, half) == [
        Ranked("half", "60% of its memory used with this job, 0 of our jobs there"),
        Ranked("busy-memory", "80% of its memory used with this job, 0 of our jobs there"),
        Ranked("busy-cpu", "90% of its cpu used with this job, 0 of our jobs there"),
    ]


def test_least_loaded_counts_the_job_itself() -> None:
    small = candidate("small", total=Resources(cpu=2_000), free=Resources(cpu=2_000))
    large = candidate("large", total=Resources(cpu=100_000), free=Resources(cpu=80_000))
    assert names(ranked("least-loaded", small, large)) == ["large", "small"]


def test_least_loaded_looks_at_devices_only_when_they_are_asked_for() -> None:
    free = Resources(cpu=9_000, memory=9 * GIB, extra={"gpu": 0})
    gpus_busy = candidate("gpus-busy", total=Resources(cpu=10_000, extra={"gpu": 8}), free=free)
    half = candidate("half", free=Resources(cpu=5_000, memory=5 * GIB))
    assert names(ranked("least-loaded", gpus_busy, half)) == ["gpus-busy", "half"]
    asked = Resources(cpu=1000, extra={"gpu": 1})
    spare = candidate(
        "spare",
        total=Resources(cpu=10_000, extra={"gpu": 8}),
        free=Resources(cpu=4_000, extra={"gpu": 6}),
    )
    assert names(ranked("least-loaded", gpus_busy, spare, asked=asked)) == ["spare", "gpus-busy"]


def test_least_loaded_breaks_ties_by_jobs_and_then_by_the_configuration() -> None:
    answer = ranked(
        "least-loaded", candidate("b", order=1), candidate("a", order=2), candidate("c", order=0, running=1)
    )
    assert names(answer) == ["b", "a", "c"]


def test_least_loaded_takes_a_cluster_that_tells_no_size() -> None:
    silent = candidate("silent", total=Resources(), free=Resources())
    assert ranked("least-loaded", silent) == [Ranked("silent", "size unknown, 0 of our jobs there")]


def test_spread_goes_where_the_project_has_least_at_stake() -> None:
    answer = ranked(
        "spread",
        candidate("mine", running=1, project_running=1),
        candidate("others", running=9, project_running=0, order=5),
        candidate("crowded", running=20, project_running=0),
    )
    assert answer == [
        Ranked("others", "0 of the project's jobs there, 9 of all our jobs"),
        Ranked("crowded", "0 of the project's jobs there, 20 of all our jobs"),
        Ranked("mine", "1 of the project's jobs there, 1 of all our jobs"),
    ]


def test_ordered_preference_follows_the_configuration() -> None:
    answer = ranked("ordered-preference", candidate("a", order=2), candidate("b", order=0, running=99))
    assert answer == [
        Ranked("b", "place 1 in the configuration"),
        Ranked("a", "place 3 in the configuration"),
    ]


def test_ordered_preference_follows_the_spec_and_leaves_the_rest_out() -> None:
    clusters = [candidate("a", order=0), candidate("b", order=1), candidate("c", order=2)]
    answer = ranked("ordered-preference", *clusters, options={"order": ["c", "gone", "a"]})
    assert answer == [Ranked("c", "place 1 in the spec's order"), Ranked("a", "place 3 in the spec's order")]


@pytest.mark.parametrize("name", ["least-loaded", "spread", "ordered-preference"])
def test_overdrawn_clusters_and_empty_requests_are_ranked(name: str) -> None:
    overdrawn = candidate("overdrawn", free=Resources(cpu=-5_000, memory=-GIB))
    assert set(names(ranked(name, overdrawn, candidate("free"), asked=Resources()))) == {"overdrawn", "free"}
