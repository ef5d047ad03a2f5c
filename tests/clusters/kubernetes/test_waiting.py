"""Whatever waits on the cluster says why, in the cluster's own words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from submarine.adapters.frameworks.none import NoFramework
from submarine.core.ids import new_id
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Environment, Git, Role, Workload, WorkloadKind, handle_of
from submarine.plugins.registry import discover
from tests.clusters.kubernetes.cluster import KubernetesCluster

PATIENCE = 120.0


@pytest.fixture
async def runtime(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> AsyncIterator[Runtime]:
    options = {
        "kubeconfig": str(server_kubeconfig),
        "namespace": namespace,
        "image": kubernetes.python_image,
        "grows": True,
    }
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        yield runtime


def workload(*command: str, resources: Resources | None = None, **more: object) -> Workload:
    job = new_id()
    asked = resources or Resources(cpu=50, memory=32 * 2**20)
    role = Role(name="worker", replicas=1, command=command or ("sleep", "60"), resources=asked)
    return Workload(
        name=handle_of(job, 1),
        job=job,
        attempt=1,
        kind=WorkloadKind.BATCH,
        roles=(role,),
        grace=2.0,
        **{"framework": NoFramework(), **more},  # type: ignore[arg-type]
    )


async def seen(runtime: Runtime, work: Workload, wanted: Callable[[Observation], bool]) -> Observation:
    await runtime.submit(work)
    try:
        return await until(runtime, work, wanted)
    finally:
        await runtime.remove(work.name)


async def until(runtime: Runtime, work: Workload, wanted: Callable[[Observation], bool]) -> Observation:
    async with asyncio.timeout(PATIENCE):
        while True:
            (found,) = await runtime.observe([work.name])
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def test_the_scheduler_s_text_arrives(runtime: Runtime) -> None:
    work = workload(resources=Resources(cpu=10**6))
    found = await seen(runtime, work, lambda o: o.reason == "unschedulable")
    assert (found.phase, "Insufficient cpu" in found.message) == (Phase.PENDING, True)


async def test_an_image_that_is_not_there_is_named(runtime: Runtime) -> None:
    work = workload(environment=Environment(image="localhost/submarine/nothing:1"))
    found = await seen(runtime, work, lambda o: o.reason == "image-pull")
    assert found.phase is Phase.PENDING
    assert "localhost/submarine/nothing:1" in found.message


async def test_a_quota_is_told_by_those_whom_it_stops(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    kubernetes.kubectl("create", "quota", "none", "--hard=pods=0", namespace=namespace)
    found = await seen(runtime, workload(), lambda o: o.reason == "quota")
    assert (found.phase, "exceeded quota" in found.message) == (Phase.PENDING, True)


async def test_memory_that_runs_out_is_the_reason(runtime: Runtime) -> None:
    work = workload("python3", "-c", "x = bytearray(500_000_000)")
    found = await seen(runtime, work, lambda o: o.phase.ended)
    assert (found.phase, found.reason, found.exit_code) == (Phase.FAILED, "out-of-memory", 137)


async def test_a_program_that_is_not_in_the_image_cannot_start(runtime: Runtime) -> None:
    found = await seen(runtime, workload("no-such-program"), lambda o: o.phase.ended)
    assert (found.phase, found.reason) == (Phase.FAILED, "cannot-start")
    assert "no-such-program" in found.message


async def test_code_that_cannot_be_fetched_fails_the_preparation(runtime: Runtime) -> None:
    work = workload(source=Git(url="http://127.0.0.1:9/x.git"))
    found = await seen(runtime, work, lambda o: o.phase.ended)
    assert (found.phase, found.reason) == (Phase.FAILED, "preparation-failed")
    assert "git" in found.message


async def test_a_pod_that_a_stranger_deletes_is_lost(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    work = workload()
    await runtime.submit(work)
    await until(runtime, work, lambda o: o.phase is Phase.RUNNING)
    kubernetes.kubectl("delete", "pod", "--all", namespace=namespace)
    found = await until(runtime, work, lambda o: o.phase.ended)
    assert (found.phase, found.reason) == (Phase.LOST, "pod-deleted")
    await runtime.remove(work.name)


async def test_what_is_removed_leaves_nothing(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    work = workload(secrets={"TOKEN": "t"})
    await seen(runtime, work, lambda o: o.phase is Phase.RUNNING)
    left = kubernetes.kubectl(
        "get",
        "all,configmap,secret",
        "-l",
        f"submarine/handle={work.name}",
        "-o",
        "name",
        namespace=namespace,
    )
    assert left == ""


async def test_what_is_refused_leaves_nothing(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    from submarine.core.errors import InvalidError

    work = workload(environment=Environment(image="localhost/x:1"), secrets={"not a name": "t"})
    with pytest.raises(InvalidError):
        await runtime.submit(work)
    (found,) = await runtime.observe([work.name])
    assert found.phase is Phase.ABSENT
    left = kubernetes.kubectl(
        "get",
        "all,configmap,secret",
        "-l",
        f"submarine/handle={work.name}",
        "-o",
        "name",
        namespace=namespace,
    )
    assert left == ""
