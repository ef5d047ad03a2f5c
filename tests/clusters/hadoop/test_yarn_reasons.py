"""Why a job waits or has ended on YARN, in our words: each brought about on real daemons."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from submarine.contracts.runtime.stage import Stage, ability
from submarine.core.errors import InvalidError
from submarine.core.ports.runtime import Explaining, Remarking
from submarine.core.workloads.observation import Observation, Phase
from submarine.core.workloads.remark import Remark
from submarine.core.workloads.workload import Handle
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.stages import PATIENCE, staged

ITS_MASTER_RUNS = "waits for a container"
GREEDY = (
    "import time\nhoard = bytearray(300 * 2**20)\nhoard[::4096] = b'1' * len(hoard[::4096])\ntime.sleep(600)"
)


def application(cluster: HadoopCluster, seen: Observation) -> dict[str, Any]:
    """Return what the ResourceManager says of the application that *seen* names."""
    url = cluster.endpoints["resourcemanagers"][0]
    path = f"/ws/v1/cluster/apps/{seen.native['application']}"
    answer = httpx.get(url + path, params={"user.name": "alice"}, headers={"Accept": "application/json"})
    found: dict[str, Any] = answer.raise_for_status().json()["app"]
    return found


def services(cluster: HadoopCluster) -> set[str]:
    """Return the services of alice that YARN keeps on HDFS."""
    told = cluster.as_root("GET", "LISTSTATUS", "/user/alice/.yarn/services")
    return {each["pathSuffix"] for each in told["FileStatuses"]["FileStatus"]}


async def heard(stage: Stage, handle: Handle, reason: str) -> Remark:
    """Return what YARN says of *handle* with the word *reason*."""
    said: Any = ability(stage.runtime, Remarking).remarks()
    async with asyncio.timeout(PATIENCE), aclosing(said) as remarks:
        async for remark in remarks:
            if (remark.handle, remark.reason) == (handle, reason):
                found: Remark = remark
                return found
    raise AssertionError("YARN says nothing more")


async def test_a_queue_that_is_not_there_is_refused_by_name(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        workload = stage.workload(stage.programs.prints("never"), queue="nowhere")
        with pytest.raises(InvalidError, match="there is no queue nowhere, but default, batch, tiny"):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT
        assert workload.name not in services(hadoop)


@pytest.mark.parametrize("form", ["service", "shell"])
async def test_a_queue_that_yarn_itself_refuses_leaves_nothing(hadoop: HadoopCluster, form: str) -> None:
    async with staged(hadoop, form=form) as stage:
        runtime: Any = stage.runtime
        runtime._size.seen = runtime._size.seen._replace(queues=type(runtime._size.seen.queues)())
        workload = stage.workload(stage.programs.prints("never"), queue="nowhere")
        with pytest.raises(InvalidError, match="unknown queue"):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT
        assert workload.name not in services(hadoop)


@pytest.mark.chaos
async def test_a_full_queue_is_told_from_a_busy_cluster(hadoop: HadoopCluster) -> None:
    async with staged(hadoop, queue="tiny") as stage:  # a tenth of the cluster: room for one master
        first = await stage.submit(stage.programs.runs("up"))
        await stage.until(first, lambda o: o.message == ITS_MASTER_RUNS, "its master")
        second = await stage.submit(stage.programs.runs("up"))
        seen = await stage.until(second, lambda o: o.reason == "queue-full", "a reason")
        assert seen.phase is Phase.PENDING
        assert "limit exceeded" in seen.message
        assert "limit exceeded" in (await heard(stage, second, "ACCEPTED")).message
        await stage.runtime.remove(first)
        await stage.until(second, lambda o: o.message == ITS_MASTER_RUNS, "its master")


async def test_a_hog_is_stopped_by_the_memory_checker_and_told_so(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        seen = await stage.ended(await stage.submit((stage.programs.python, "-c", GREEDY)))
        assert (seen.phase, seen.reason) == (Phase.FAILED, "out-of-memory")
        assert "128 MB" in seen.message
        said = await heard(stage, seen.handle, "KILLED_EXCEEDED_PMEM")
        assert (said.replica, said.warning) == ("worker-0", True)


async def test_an_environment_that_is_not_there_is_refused_by_name(hadoop: HadoopCluster) -> None:
    path = "/nowhere/environment.tar.gz"
    async with staged(hadoop, environment=path) as stage:
        workload = stage.workload(stage.programs.prints("never"))
        with pytest.raises(InvalidError, match=path):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT
        assert workload.name not in services(hadoop)


@pytest.mark.chaos
async def test_queue_and_priority_are_those_asked_for(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        handle = await stage.submit(stage.programs.runs("up"), queue="default", priority=5)
        await stage.says(handle, "up")
        found = application(hadoop, await stage.look(handle))
        assert (found["queue"], found["priority"]) == ("root.default", 5)
        assert (found["user"], found["name"]) == ("alice", handle)


@pytest.mark.chaos
async def test_an_application_killed_by_somebody_else_is_lost(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        handle = await stage.submit(stage.programs.runs("up"))
        await stage.says(handle, "up")
        path = f"/ws/v1/cluster/apps/{(await stage.look(handle)).native['application']}/state"
        url = hadoop.endpoints["resourcemanagers"][0] + path
        async with httpx.AsyncClient() as client:
            answer = await client.put(url, params={"user.name": "root"}, json={"state": "KILLED"})
        answer.raise_for_status()
        ended = await stage.ended(handle)
        assert (ended.phase, ended.reason) == (Phase.LOST, "killed")


async def test_an_orphan_is_seen_and_removed(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        handle = await stage.submit(stage.programs.runs("up"), max_duration=3600)
        await stage.phase(handle, Phase.RUNNING)
        hadoop.as_root("DELETE", "DELETE", f"/user/alice/.submarine/{handle}", recursive="true")

        async def orphaned() -> bool:
            found = {o.handle: o for o in await stage.runtime.observe()}
            return handle in found and found[handle].reason == "orphaned"

        await _until(orphaned)
        await stage.runtime.remove(handle)
        assert handle not in {o.handle for o in await stage.runtime.observe()}
        assert handle not in services(hadoop)


async def test_the_form_and_the_queues_are_told(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        notes = (await stage.runtime.capacity()).notes
        assert notes[0] == "jobs run as YARN services"
        assert [note.split(":")[0] for note in notes[1:]] == ["queue default", "queue batch", "queue tiny"]
        assert isinstance(stage.runtime, Explaining)
        assert stage.runtime.form(stage.workload(stage.programs.prints("x"))) == "as a YARN service"


async def test_nothing_is_left_of_a_job_that_was_removed(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        handle = await stage.submit(stage.programs.prints("done"))
        await stage.ended(handle)
        await stage.runtime.remove(handle)
        assert handle not in services(hadoop)
        assert handle not in _names(hadoop, "/user/alice/.submarine")
        assert not [name for name in _names(hadoop, "/user/alice/.submarine/.new") if handle in name]


def _names(cluster: HadoopCluster, folder: str) -> set[str]:
    told = cluster.as_root("GET", "LISTSTATUS", folder)
    return {Handle(each["pathSuffix"]) for each in told["FileStatuses"]["FileStatus"]}


async def _until(ready: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await ready():
            await asyncio.sleep(0.2)
