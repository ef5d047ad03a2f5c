"""What is refused beforehand, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from submarine.adapters.kubernetes.capacity import asked_of
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.indexes import holds
from submarine.adapters.kubernetes.objects import Container, Meta, Tenant, TenantSpec
from submarine.adapters.kubernetes.quantities import resources
from submarine.adapters.kubernetes.refusals import refusal
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Remote, Workload
from tests.adapters.kubernetes.workloads import role, workload

NODES = [Resources(cpu=4000, memory=2**33)]


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (workload(role(resources=Resources(cpu=64_000))), "no node is large enough for role 'worker': cpu"),
        (workload(role("a"), role("a-0")), "would be called"),
        (workload(source=Remote(uri="s3://x/y.tar.gz")), "cannot fetch code from s3"),
        (workload(role(command=())), "has no command"),
    ],
)
def test_what_can_never_run_is_refused_in_words(work: Workload, said: str) -> None:
    assert said in (refusal(work, KubernetesConfig(image="i"), NODES) or "")


def test_a_cluster_that_grows_refuses_nothing_for_its_size() -> None:
    huge = workload(role(resources=Resources(cpu=64_000)))
    assert refusal(huge, KubernetesConfig(image="i", grows=True), NODES) is None


def test_without_any_image_nothing_runs() -> None:
    assert "names no image" in (refusal(workload(), KubernetesConfig(), NODES) or "")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"cpu": "500m"}, Resources(cpu=500)),
        ({"cpu": "1500000n"}, Resources(cpu=1)),
        ({"memory": "1.5Gi"}, Resources(memory=3 * 2**29)),
        ({"memory": "129e6"}, Resources(memory=129_000_000)),
        ({"memory": "128974848"}, Resources(memory=128974848)),
        ({"nvidia.com/gpu": "8", "pods": "110"}, Resources(extra={"nvidia.com/gpu": 8})),
    ],
)
def test_quantities_are_read_exactly(said: dict[str, str], meant: Resources) -> None:
    assert resources(said) == meant


def test_a_pod_takes_what_its_containers_ask_or_its_largest_beginning() -> None:
    def container(cpu: str, **more: Any) -> Container:
        return Container(resources={"requests": {"cpu": cpu}}, **more)

    spec = TenantSpec(
        containers=[container("1"), container("2")],
        init_containers=[container("500m", restart_policy="Always"), container("3")],
    )
    assert asked_of(Tenant(metadata=Meta(), spec=spec)).cpu == 3500


def test_indexes_are_read_as_jobs_write_them() -> None:
    assert [i for i in range(9) if holds("0,3-5,7", i)] == [0, 3, 4, 5, 7]
    assert not holds("", 0)
