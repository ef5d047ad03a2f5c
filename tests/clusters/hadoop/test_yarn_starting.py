"""A job is started once on YARN, whoever asks for it at the same moment and whoever died over it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import httpx
import pytest

from submarine.adapters.yarn import service
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import BusyError
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.workload import Handle, Workload
from tests.clusters.hadoop.asking import applications
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.stages import staged
from tests.clusters.hadoop.test_yarn_reasons import services

OVER: Final = frozenset({"FINISHED", "FAILED", "KILLED"})
TRIES: Final = 60
AT_ONCE: Final = 4
HOUR_S: Final = 3600.0
LATE_S: Final = 120.0


@pytest.mark.chaos
async def test_of_two_applications_that_yarn_starts_for_one_job_one_runs_it(hadoop: HadoopCluster) -> None:
    """As it does where two servers, or a network that repeats, ask at the same moment; not every time."""
    async with staged(hadoop) as stage:
        workload = await _with_twins(stage, hadoop)
        await stage.runtime.submit(workload)
        twins = applications(hadoop, workload.name)
        seen = await stage.ended(workload.name)
        assert (seen.phase, seen.exit_code) == (Phase.SUCCEEDED, 0), seen
        assert await stage.text(workload.name) == "begun\ndone\n"
        assert await _living(hadoop, workload.name) == []
        ran = [str(app["id"]) for app in applications(hadoop, workload.name) if app["state"] == "FINISHED"]
        assert ran == [seen.native["application"]]
        assert len(twins) > 1


async def test_a_name_that_a_dead_resource_manager_left_taken_is_freed(hadoop: HadoopCluster) -> None:
    async with staged(hadoop) as stage:
        workload = stage.workload(stage.programs.prints("begun"))
        kept = f"/user/alice/.yarn/services/{workload.name}/{workload.name}.json"
        _as_alice(hadoop, "CREATE", kept)
        _as_alice(hadoop, "SETTIMES", kept, modificationtime=_in(HOUR_S))
        with pytest.raises(BusyError, match="already taken"):  # its application may be on its way
            await stage.runtime.submit(workload)
        assert not applications(hadoop, workload.name)
        _as_alice(hadoop, "SETTIMES", kept, modificationtime=_in(-HOUR_S))
        await stage.runtime.submit(workload)
        assert (await stage.ended(workload.name)).phase is Phase.SUCCEEDED
        assert len(applications(hadoop, workload.name)) == 1
        await stage.runtime.remove(workload.name)
        assert workload.name not in services(hadoop)


def _as_alice(hadoop: HadoopCluster, operation: str, path: str, **query: str) -> None:
    asked = {"op": operation, "user.name": "alice", **query}
    url = f"{hadoop.namenodes[0]}/webhdfs/v1{path}"
    httpx.put(url, params=asked, follow_redirects=True, timeout=60).raise_for_status()


def _in(seconds: float) -> str:
    """Return so many *seconds* from now as HDFS counts."""
    return str(int((time.time() + seconds) * 1000))


async def _with_twins(stage: Stage, hadoop: HadoopCluster) -> Workload:
    """Return a workload for which YARN has started two applications."""
    for _ in range(TRIES):
        workload = stage.workload(stage.programs.prints_twice("begun", 5.0, "done"))
        await _start_at_once(stage.runtime, workload)
        if len(applications(hadoop, workload.name)) > 1:
            return workload
        await stage.runtime.remove(workload.name)
    pytest.fail("the race was not lost once, so this shows nothing")


async def _start_at_once(runtime: Any, workload: Workload) -> None:
    """Ask YARN several times at once for what submitting asks it once."""
    await runtime._submission._make(workload)
    spec = service.spec(runtime._config, workload)
    posts = (runtime._submission._manager.start_service(spec, "alice") for _ in range(AT_ONCE))
    await asyncio.gather(*posts, return_exceptions=True)


async def _living(hadoop: HadoopCluster, name: Handle) -> list[str]:
    """Return the applications called *name* that do not end."""
    deadline = time.monotonic() + LATE_S
    while True:
        found = [str(app["id"]) for app in applications(hadoop, name) if app["state"] not in OVER]
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.2)
