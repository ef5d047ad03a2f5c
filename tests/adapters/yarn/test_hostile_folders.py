"""What a job, or a stranger, writes on HDFS hides nobody else's jobs, and leads nowhere."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
import pytest

from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.runtime import YarnRuntime
from submarine.core.errors import NotFoundError, UnavailableError
from submarine.core.workloads.workload import Handle
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory
from tests.adapters.yarn.test_each_user import ROOT, server, workload

CAROLS: Final = Handle("sub-x-1")
MALLORYS: Final = Handle("sub-y-1")
DEEP: Final = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
RUN: Final = {
    "container": "c",
    "host": "node1",
    "port": 1,
    "node": "h:1",
    "started": 1,
    "ports": {"http": 8042},
}


@pytest.fixture
async def hadoop() -> HadoopInMemory:
    hadoop = HadoopInMemory()
    hadoop.nodes = ["node1:8042"]
    async with hadoop.serving(), server(hadoop) as here:
        await here.submission.submit(workload("carol", CAROLS))
        await here.submission.submit(workload("mallory", MALLORYS))
    for app in hadoop.apps:
        app["state"] = "RUNNING"
        app["runningContainers"] = 4
    return hadoop


def config(hadoop: HadoopInMemory) -> YarnConfig:
    return YarnConfig(
        resource_managers=(hadoop.url,),
        name_nodes=(hadoop.url,),
        form="service",
        timeout=5,
        act_as="{user}",
        staging=ROOT,
        logs="/logs",
    )


async def watched(runtime: YarnRuntime) -> set[str]:
    seen: set[str] = set()
    async for observation in runtime.watch():
        seen.add(observation.handle)
        if CAROLS in seen:
            break
    return seen


@pytest.mark.parametrize(
    "files",
    [
        {f"{MALLORYS}/cancel.json": DEEP},
        {
            f"{MALLORYS}/scale.json": b'{"roles": {"worker": 1}}',
            f"{MALLORYS}/run.evil-0.container_1_2_01_000009": RUN,
        },
        {f"{MALLORYS}/scale.json": b'{"roles": {"worker": 3000000}}'},
        {f"{MALLORYS}/closing.json": b'{"verdict": ["junk"], "replicas": []}'},
        {f"{MALLORYS}/closing.json": b'{"verdict": ["succeeded"], "replicas": [["worker", 0, "junk"]]}'},
        {"anything/plan.json": DEEP},
    ],
    ids=["deep", "alien role", "too large", "no phase", "replica of no phase", "stranger"],
)
async def test_what_one_writes_hides_nobody_elses_job(
    hadoop: HadoopInMemory, files: dict[str, bytes | dict[str, object]]
) -> None:
    for name, content in files.items():
        hadoop.files[f"{ROOT}/{name}"] = (
            content if isinstance(content, bytes) else msgspec.json.encode(content)
        )
    hadoop.owners[f"{ROOT}/anything"] = "eve"
    async with hadoop.serving(), YarnRuntime.open(config(hadoop)) as runtime:
        assert CAROLS in {observation.handle for observation in await runtime.observe(None)}
        assert CAROLS in await asyncio.wait_for(watched(runtime), 30)


async def test_a_container_that_yarn_never_told_has_no_ports(hadoop: HadoopInMemory) -> None:
    forged = f"{ROOT}/{MALLORYS}/run.worker-0.container_9_9_01_000009"
    hadoop.files[forged] = msgspec.json.encode(RUN)
    async with hadoop.serving(), YarnRuntime.open(config(hadoop)) as runtime:
        with pytest.raises(NotFoundError, match="its container is another's"):
            await runtime.endpoint(MALLORYS, "worker", "http")


async def test_half_a_secret_seals_nothing(hadoop: HadoopInMemory) -> None:
    hadoop.files[f"{ROOT}/.seal"] = b""
    async with hadoop.serving(), server(hadoop) as here:
        with pytest.raises(UnavailableError, match=r"\.seal .* is not whole"):
            await here.looking.seals.seal(MALLORYS, "mallory")
