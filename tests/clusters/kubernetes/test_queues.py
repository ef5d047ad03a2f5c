"""A job that Kueue keeps says why. Kueue's part is played: its kind is there, its controller is not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from submarine.adapters.frameworks.pytorch import PyTorch
from submarine.core.ports.runtime import RUNTIME, Readable, Suspendable
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Workload
from submarine.plugins.registry import discover
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.test_waiting import PATIENCE, until, workload

VERSION: Final = "v1beta1"
KIND: Final = "workloads.kueue.x-k8s.io"
LONG: Final = pytest.mark.chaos
SUSPENDED: Final = {
    "indexed-job": ("jobs", ""),
    "job-set": ("jobsets", ""),
    "train-job": ("trainjobs", ""),
    "pytorch-job": ("pytorchjobs", "runPolicy"),
}
"""Whose ``suspend`` Kueue sets, and where."""
ASKED: Final = [f if f in {"indexed-job", "pytorch-job"} else pytest.param(f, marks=LONG) for f in SUSPENDED]
FRAMEWORKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "train-job": {"framework": PyTorch()},
    "pytorch-job": {"framework": PyTorch()},
}
WAITS: Final = frozenset({"queued", "starting", "asking"})
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


@pytest.mark.parametrize("form", ASKED)
async def test_a_job_whose_pods_are_taken_away_again_waits_for_others(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str, form: str
) -> None:
    """Kueue evicts by suspending the job, whatever form it has; what it wrote stays."""
    options = {
        "kubeconfig": str(server_kubeconfig),
        "namespace": namespace,
        "image": kubernetes.python_image,
        "forms": [form],
        "operators": True,
    }
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        assert isinstance(runtime, Readable)
        work = workload("sh", "-c", "echo begun; exec sleep 60", **FRAMEWORKS.get(form, {}))
        await runtime.submit(work)
        await until(runtime, work, lambda o: o.phase is Phase.RUNNING)
        for times in (1, 2):
            await _said(runtime, work, times * b"begun\n")
            await _suspend(kubernetes, namespace, form, suspended=True)
            seen = await until(runtime, work, lambda o: o.phase is not Phase.RUNNING)
            assert (seen.phase, seen.reason in WAITS) == (Phase.PENDING, True), seen
            await until(runtime, work, lambda o: o.reason == "queued")
            await _said(runtime, work, times * b"begun\n")
            await _suspend(kubernetes, namespace, form, suspended=False)
            seen = await until(runtime, work, lambda o: o.phase is not Phase.PENDING)
            assert seen.phase is Phase.RUNNING, seen
        await runtime.cancel(work.name, 1.0)
        ended = await until(runtime, work, lambda o: o.phase.ended)
        assert ended.phase is Phase.CANCELLED
        await _said(runtime, work, 3 * b"begun\n")
        await runtime.remove(work.name)


@pytest.mark.usefixtures("kueue")
async def test_a_pause_gives_the_room_back_and_a_resumed_job_is_queued_again(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> None:
    """The Workload would be left behind, and hold its quota, as the pods are made to leave their Job."""
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        assert isinstance(runtime, Suspendable)
        work = workload(queue="research")
        await runtime.submit(work)
        job = await asyncio.to_thread(kubernetes.get, f"job/{work.name}-worker", namespace)
        await asyncio.to_thread(kubernetes.apply, _workload(job), namespace=namespace)
        await _suspend(kubernetes, namespace, "indexed-job", suspended=False)
        await until(runtime, work, lambda o: o.phase is Phase.RUNNING)

        await runtime.suspend(work.name)
        await until(runtime, work, lambda o: o.phase is Phase.SUSPENDED)
        assert await asyncio.to_thread(_workloads, kubernetes, namespace) == ""
        await runtime.resume(work.name)
        await until(runtime, work, lambda o: o.reason == "starting")
        again = await asyncio.to_thread(kubernetes.get, f"job/{work.name}-worker", namespace)
        assert (again["metadata"]["uid"] != job["metadata"]["uid"], again["spec"]["suspend"]) == (True, True)
        assert again["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "research"

        await asyncio.to_thread(kubernetes.apply, _workload(again), namespace=namespace)
        await until(runtime, work, lambda o: o.reason == "queued")
        await runtime.cancel(work.name, 1.0)
        await until(runtime, work, lambda o: o.phase.ended)
        assert await asyncio.to_thread(_workloads, kubernetes, namespace) == ""
        await runtime.remove(work.name)


async def test_what_waits_without_its_pods_can_be_cancelled(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> None:
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        work = workload()
        await runtime.submit(work)
        await until(runtime, work, lambda o: o.phase is Phase.RUNNING)
        await _suspend(kubernetes, namespace, "indexed-job", suspended=True)
        await until(runtime, work, lambda o: o.reason == "queued")
        await runtime.cancel(work.name, 1.0)
        ended = await until(runtime, work, lambda o: o.phase.ended)
        assert ended.phase is Phase.CANCELLED
        await runtime.remove(work.name)


async def _suspend(kubernetes: KubernetesCluster, namespace: str, form: str, *, suspended: bool) -> None:
    """Do what Kueue does when it takes a job's room away, or gives it: that only when its pods are gone."""
    if not suspended:
        await asyncio.to_thread(_wait_for_no_pods, kubernetes, namespace)
    kind, policy = SUSPENDED[form]
    spec = {"suspend": suspended}
    words = ("patch", "--type=merge", "--patch", json.dumps({"spec": {policy: spec} if policy else spec}))
    found = await asyncio.to_thread(kubernetes.kubectl, "get", kind, "-o", "name", namespace=namespace)
    await asyncio.to_thread(kubernetes.kubectl, *words, found.strip(), namespace=namespace)


def _wait_for_no_pods(kubernetes: KubernetesCluster, namespace: str) -> None:
    limit = time.monotonic() + PATIENCE
    while kubernetes.kubectl("get", "pods", "-o", "name", namespace=namespace):
        assert time.monotonic() < limit, "its pods do not go"
        time.sleep(0.1)


async def _said(runtime: Readable, work: Workload, wanted: bytes) -> None:
    """Return when the worker has written *wanted*, and nothing else."""
    async with asyncio.timeout(PATIENCE):
        while b"".join([chunk async for chunk in runtime.logs(work.name, "worker", 0)]) != wanted:
            await asyncio.sleep(0.1)


def _workloads(kubernetes: KubernetesCluster, namespace: str) -> str:
    return kubernetes.kubectl("get", KIND, "-o", "name", namespace=namespace)


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
