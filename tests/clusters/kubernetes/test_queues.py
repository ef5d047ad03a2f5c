"""A job that Kueue keeps says why. Kueue's part is played: its kind is there, its controller is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.plugins.registry import discover
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.test_waiting import until, workload

VERSION: Final = "v1beta1"
KIND: Final = "workloads.kueue.x-k8s.io"
NEEDED: Final = "insufficient unused quota for cpu in flavor default, 1 more needed"


@pytest.fixture
def kueue(kubernetes: KubernetesCluster) -> Iterator[None]:
    """The kind Workload; nobody reads it but us."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": VERSION, "served": True, "storage": True, "schema": schema}
    names = {"plural": "workloads", "singular": "workload", "kind": "Workload", "listKind": "WorkloadList"}
    approved = {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/kueue/pull/1"}
    kubernetes.create(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": KIND, "annotations": approved},
            "spec": {
                "group": "kueue.x-k8s.io",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        }
    )
    try:
        kubernetes.wait_for(f"crd/{KIND}", "condition=Established")
        yield
    finally:
        kubernetes.kubectl("delete", "crd", KIND)


@pytest.mark.usefixtures("kueue")
async def test_a_queued_job_says_why_and_runs_when_it_is_admitted(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> None:
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        work = workload("true", queue="research")
        await runtime.submit(work)
        name = f"{work.name}-worker"
        job = await asyncio.to_thread(kubernetes.get, f"job/{name}", namespace)
        assert job["spec"]["suspend"] is True
        assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "research"
        await asyncio.to_thread(kubernetes.apply, _workload(job), namespace=namespace)
        seen = await until(runtime, work, lambda o: o.reason == "queued")
        assert (seen.phase, seen.message) == (Phase.PENDING, NEEDED)
        admitted = ("patch", "job", name, "--patch", json.dumps({"spec": {"suspend": False}}))
        await asyncio.to_thread(kubernetes.kubectl, *admitted, namespace=namespace)
        ended = await until(runtime, work, lambda o: o.phase.ended)
        assert (ended.phase, ended.reason) == (Phase.SUCCEEDED, "")
        await runtime.remove(work.name)


async def test_a_job_whose_pods_are_taken_away_again_waits_for_others(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> None:
    """Kueue evicts by suspending the Job, whatever form made it."""
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        work = workload()
        await runtime.submit(work)
        await until(runtime, work, lambda o: o.phase is Phase.RUNNING)
        for _ in range(2):
            await _suspend(kubernetes, namespace, suspended=True)
            seen = await until(runtime, work, lambda o: o.phase is not Phase.RUNNING)
            assert (seen.phase, seen.reason in {"queued", "starting"}) == (Phase.PENDING, True)
            await until(runtime, work, lambda o: o.reason == "queued")
            await _suspend(kubernetes, namespace, suspended=False)
            seen = await until(runtime, work, lambda o: o.phase is not Phase.PENDING)
            assert seen.phase is Phase.RUNNING
        await runtime.cancel(work.name, 1.0)
        ended = await until(runtime, work, lambda o: o.phase.ended)
        assert ended.phase is Phase.CANCELLED
        await runtime.remove(work.name)


async def test_what_waits_without_its_pods_can_be_cancelled(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> None:
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        work = workload()
        await runtime.submit(work)
        await until(runtime, work, lambda o: o.phase is Phase.RUNNING)
        await _suspend(kubernetes, namespace, suspended=True)
        await until(runtime, work, lambda o: o.reason == "queued")
        await runtime.cancel(work.name, 1.0)
        ended = await until(runtime, work, lambda o: o.phase.ended)
        assert ended.phase is Phase.CANCELLED
        await runtime.remove(work.name)


async def _suspend(kubernetes: KubernetesCluster, namespace: str, *, suspended: bool) -> None:
    words = ("patch", "job", "--patch", json.dumps({"spec": {"suspend": suspended}}))
    (name,) = kubernetes.kubectl("get", "jobs", "-o", "name", namespace=namespace).split()
    await asyncio.to_thread(kubernetes.kubectl, *words, name.partition("/")[2], namespace=namespace)


def _workload(job: dict[str, Any]) -> dict[str, Any]:
    """Return what Kueue makes of *job* when there is no quota for it."""
    name = job["metadata"]["name"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
    waits = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": NEEDED}
    return {
        "apiVersion": f"kueue.x-k8s.io/{VERSION}",
        "kind": "Workload",
        "metadata": {"name": f"job-{name}", "ownerReferences": [owner]},
        "spec": {"queueName": "research"},
        "status": {"conditions": [waits]},
    }
