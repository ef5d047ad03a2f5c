"""Mirrors of what is on a cluster are right again after whatever cuts them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.book import Book
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.failures import GoneError
from submarine.adapters.kubernetes.kinds import PARENTS
from submarine.adapters.kubernetes.objects import ConfigMap
from submarine.adapters.kubernetes.watching import Mirror
from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.scripts import wait_until

MANY = 600
"""More than a page of a list."""


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming list", "list in pages"])
async def test_all_there_is_arrives_however_it_is_listed(
    scale_cluster: KubernetesCluster, *, streaming: bool
) -> None:
    with scale_cluster.namespace() as namespace:
        async with opened(scale_cluster, namespace) as api:
            maps = [config_map(f"map-{number}") for number in range(MANY)]
            await asyncio.gather(*(api.create(PARENTS, each) for each in maps))
            async with mirrored(api, streaming=streaming) as names:
                assert names() == {each["metadata"]["name"] for each in maps}
                await api.delete(PARENTS, "map-0")
                await api.create(PARENTS, config_map("late"))
                await until(lambda: "late" in names() and "map-0" not in names())


async def test_a_version_that_is_too_old_is_listed_anew(scale_cluster: KubernetesCluster) -> None:
    with scale_cluster.namespace() as namespace:
        async with opened(scale_cluster, namespace) as api, mirrored(api) as names:
            scale_cluster.apply(config_map("before"), namespace=namespace)
            await until(lambda: names() == {"before"})
            _, old = await api.list(PARENTS, selector="is=mirrored")
            scale_cluster.kubectl("create", "configmap", "other", namespace=namespace)
            scale_cluster.kill("kube-apiserver")  # one that begins remembers nothing of what was before
            scale_cluster.mend()
            wait_until(lambda: serves(scale_cluster), 60, "the API server")
            with pytest.raises(GoneError):
                await first_change(api, old)
            scale_cluster.kubectl("delete", "configmap", "before", namespace=namespace)
            scale_cluster.apply(config_map("after"), namespace=namespace)
            await until(lambda: names() == {"after"})


def config_map(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"is": "mirrored"}},
    }


async def first_change(api: Api, version: str) -> object:
    async with api.watching(PARENTS, version, selector="is=mirrored") as changes:
        return await anext(changes)


def serves(cluster: KubernetesCluster) -> bool:
    return cluster.kubectl("get", "--raw", "/readyz") == "ok"


@contextlib.asynccontextmanager
async def opened(cluster: KubernetesCluster, namespace: str) -> AsyncIterator[Api]:
    config = KubernetesConfig(kubeconfig=cluster.kubeconfig, namespace=namespace, timeout=60)
    async with Api.open(config) as api:
        yield api


@contextlib.asynccontextmanager
async def mirrored(api: Api, *, streaming: bool = True) -> AsyncIterator[Callable[[], set[str]]]:
    """Yield what tells the names of all ConfigMaps that are mirrored."""
    book = Book[ConfigMap, str](lambda found: found.metadata.name)
    mirror = Mirror(api, PARENTS, "is=mirrored", book, streaming=streaming)
    task = asyncio.create_task(mirror.run(lambda: None))
    try:
        async with asyncio.timeout(60):
            await mirror.known()
        yield lambda: set(book.all())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not wanted():
            await asyncio.sleep(0.1)
