"""Under the names of an attempt stands what is its own, or nothing is taken over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from submarine.core.errors import InvalidError, UnavailableError
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Workload
from submarine.plugins.registry import discover
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pods import job, python
from tests.clusters.kubernetes.test_waiting import PATIENCE, until, workload

PRINTS = ("python3", "-c", "import os; assert os.environ['WORD'] == 'ours'")


@pytest.fixture
async def runtime(
    kubernetes: KubernetesCluster, server_kubeconfig: Path, namespace: str
) -> AsyncIterator[Runtime]:
    options = {"kubeconfig": str(server_kubeconfig), "namespace": namespace, "image": kubernetes.python_image}
    async with discover().open(RUNTIME, "kubernetes", options) as runtime:
        yield runtime


async def test_a_job_that_a_stranger_labelled_like_ours_is_not_taken_over(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    work = workload()
    forged = job(f"{work.name}-worker", python("print('theirs')"), suspend=True)
    forged["metadata"]["labels"] = _labels(work)
    kubernetes.apply(forged, namespace=namespace)
    with pytest.raises(InvalidError, match="not ours"):
        await runtime.submit(work)
    (found,) = await runtime.observe([work.name])
    assert found.phase is Phase.ABSENT
    assert kubernetes.get(f"job/{work.name}-worker", namespace)["spec"]["suspend"] is True


async def test_what_an_earlier_parent_left_is_not_taken_over_before_it_goes(
    runtime: Runtime, kubernetes: KubernetesCluster, namespace: str
) -> None:
    kubernetes.stop("kube-controller-manager")  # it collects what has lost its owner
    work = workload(*PRINTS, secrets={"WORD": "ours"})
    kubernetes.apply(_left_over(work), namespace=namespace)
    with pytest.raises(UnavailableError, match="about to be deleted"):
        await runtime.submit(work)
    kubernetes.start("kube-controller-manager")
    await _submitted(runtime, work)
    found = await until(runtime, work, lambda o: o.phase.ended)
    assert found.phase is Phase.SUCCEEDED
    await runtime.remove(work.name)


def _left_over(work: Workload) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": work.name, "uid": "0-0-0-0"}
    metadata = {"name": work.name, "labels": _labels(work), "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"WORD": "older"}}


def _labels(work: Workload) -> dict[str, str]:
    return {"submarine/handle": work.name, "submarine/role": "worker"}


async def _submitted(runtime: Runtime, work: Workload) -> None:
    """Submit until it is taken, as the server does."""

    async def taken() -> bool:
        try:
            await runtime.submit(work)
        except UnavailableError:
            return False
        return True

    async with asyncio.timeout(PATIENCE):
        while not await taken():
            await asyncio.sleep(0.2)
