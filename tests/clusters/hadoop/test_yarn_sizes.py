"""A service on YARN gets the size that was ordered, whichever answer is lost and whoever dies over it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import Any, Final

import httpx
import pytest

from submarine.adapters.yarn.runtime import YarnRuntime
from submarine.contracts.faults import FaultyLink, LostAnswer
from submarine.contracts.faults.victims import marked
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import UnavailableError
from submarine.core.workloads.workload import Workload, WorkloadKind
from tests.clusters.hadoop.asking import applications, ask
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.forwarding import forwarding
from tests.clusters.hadoop.stages import staged

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]

QUIET: Final = 60.0
"""Seconds between looks, so that those we count are the call's own."""
MANY: Final = 30
HOUR_S: Final = 3600.0


async def test_whichever_answer_to_a_new_size_is_lost_it_comes(hadoop: HadoopCluster) -> None:
    with forwarding() as place, FaultyLink(*place) as link:
        async with staged(hadoop, every=QUIET, orders=1.0, proxy=link.url) as stage:
            stage.patience *= 2
            service, heard = await _service(stage), False
            for spared in range(MANY):
                size = 2 - spared % 2
                with link.suffering(LostAnswer(spared)):
                    try:
                        await _runtime(stage).scale(stage.sized(service, size))
                        heard = spared > 0
                    except UnavailableError:
                        heard = False
                await _runtime(stage).scale(stage.sized(service, size))
                await stage.has(service.name, worker=size)
                await _told(stage, hadoop, service, size)
                if heard:
                    break
            assert heard
            assert (await stage.text(service.name)) == "up\n"


async def test_a_size_outlives_the_resource_manager_and_the_master(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        service = await _service(stage)
        larger = stage.sized(service, 3)
        killing = asyncio.create_task(asyncio.to_thread(hadoop.kill, "rm1"))
        with suppress(UnavailableError):
            await _runtime(stage).scale(larger)
        await killing
        with pytest.raises(UnavailableError):
            await _runtime(stage).scale(larger)
        await asyncio.to_thread(hadoop.mend)
        await _runtime(stage).scale(larger)
        before = await stage.has(service.name, worker=3)

        for pid in marked(f"CONTAINER_ID={_master(hadoop, service)}"):
            os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(hadoop.kill, "rm1")
        await asyncio.to_thread(hadoop.mend)
        await _told(stage, hadoop, service, 3)
        assert (await stage.has(service.name, worker=3)).replicas == before.replicas

        await _runtime(stage).scale(service)
        after = await stage.has(service.name, worker=1)
        assert after.replicas == before.replicas[:1]
        await _told(stage, hadoop, service, 1)


async def test_what_a_dead_resource_manager_left_half_written_is_put_back(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        service = await _service(stage)
        await _runtime(stage).scale(stage.sized(service, 2))
        await stage.has(service.name, worker=2)
        kept = f"/user/alice/.yarn/services/{service.name}/{service.name}.json"
        _as_alice(hadoop, "CREATE", kept, overwrite="true")
        _as_alice(hadoop, "SETTIMES", kept, modificationtime=str(int((time.time() - HOUR_S) * 1000)))
        await _runtime(stage).scale(stage.sized(service, 3))
        await stage.has(service.name, worker=3)
        await _told(stage, hadoop, service, 3)


async def _told(stage: Stage, hadoop: HadoopCluster, service: Workload, size: int) -> None:
    """Wait until YARN has heard of the size, which it does when those that go have gone."""
    async with asyncio.timeout(stage.patience):
        while _size(hadoop, service) != size:
            await stage.look(service.name)
            await asyncio.sleep(0.5)


def _as_alice(hadoop: HadoopCluster, operation: str, path: str, **query: str) -> None:
    asked = {"op": operation, "user.name": "alice", **query}
    url = f"{hadoop.namenodes[0]}/webhdfs/v1{path}"
    httpx.put(url, params=asked, follow_redirects=True, timeout=60).raise_for_status()


def _runtime(stage: Stage) -> YarnRuntime:
    assert isinstance(stage.runtime, YarnRuntime)
    return stage.runtime


async def _service(stage: Stage) -> Workload:
    service = stage.workload(stage.programs.runs("up"), kind=WorkloadKind.SERVICE)
    await stage.runtime.submit(service)
    await stage.has(service.name, worker=1)
    return service


def _size(hadoop: HadoopCluster, service: Workload) -> int | None:
    """Return how many containers the master of *service* is to run; None if nobody says so now."""
    (manager,) = hadoop.endpoints["resourcemanagers"]
    url = f"{manager}/app/v1/services/{service.name}"
    answer = httpx.get(url, params={"user.name": "alice"}, timeout=60)
    found: dict[str, Any] = answer.json() if answer.is_success else {}
    return next((int(each["number_of_containers"]) for each in found.get("components", ())), None)


def _master(hadoop: HadoopCluster, service: Workload) -> str:
    """Return the container of the last master of *service*."""
    (application,) = applications(hadoop, service.name)
    path = f"/ws/v1/cluster/apps/{application['id']}/appattempts"
    attempts = ask(hadoop, path)["appAttempts"]["appAttempt"]
    return str(max(attempts, key=lambda each: int(each["id"]))["containerId"])
