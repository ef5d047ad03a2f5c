"""The size of a cluster, as two watches tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.capacity import Size
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.core.ports.runtime import Capacity
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.nodes import play
from tests.clusters.kubernetes.pods import job, python

ASKED = {
    "requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"},
    "limits": {"nvidia.com/gpu": "1"},
}


async def test_room_is_taken_by_pods_of_anybody_and_given_back(scale_cluster: KubernetesCluster) -> None:
    play(scale_cluster, 20)
    with scale_cluster.namespace() as namespace:
        async with Api.open(KubernetesConfig(kubeconfig=scale_cluster.kubeconfig, timeout=60)) as api:
            size = Size(api)
            async with size.running():
                before = await size.count()
                nodes = len(scale_cluster.kubectl("get", "nodes", "-o", "name").split())
                assert before.total.cpu == nodes * 64_000
                scale_cluster.apply(job("takes", python("pass", resources=ASKED), 10), namespace=namespace)
                taken = await until(size, lambda found: found.free.cpu == before.free.cpu - 5_000)
                assert taken.free.memory == before.free.memory - 10 * 2**30
                assert taken.free.extra["nvidia.com/gpu"] == before.free.extra["nvidia.com/gpu"] - 10
                scale_cluster.kubectl("delete", "job", "takes", namespace=namespace)
                await until(size, lambda found: found.free == before.free)


async def test_a_cordoned_node_is_no_room_and_says_why(scale_cluster: KubernetesCluster) -> None:
    play(scale_cluster, 20)
    async with Api.open(KubernetesConfig(kubeconfig=scale_cluster.kubeconfig, timeout=60)) as api:
        size = Size(api)
        async with size.running():
            before = await size.count()
            scale_cluster.kubectl("cordon", "played-00007")
            try:
                found = await until(size, lambda found: bool(found.notes))
                assert found.notes == ("node played-00007 takes no pods now: it is cordoned",)
                assert found.total.cpu == before.total.cpu - 64_000
            finally:
                scale_cluster.kubectl("uncordon", "played-00007")
            await until(size, lambda found: found == before)


async def until(size: Size, wanted: Callable[[Capacity], bool]) -> Capacity:
    async with asyncio.timeout(60):
        while not wanted(found := await size.count()):
            await asyncio.sleep(0.2)
        return found
