"""Behind a gateway that asks for a password and rewrites addresses, jobs run as they do without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import AdapterError
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.resources import Resources
from submarine.plugins.registry import discover
from tests.certificates import Certificate, certificate
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.gateway import gateway
from tests.clusters.hadoop.knox import TOPOLOGY, Knox, Login
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 240.0
SIZE: Final = Resources(cpu=10, memory=128 * 2**20)
ALICE: Final = Login(user="alice", password="of/alice: ärger")


@pytest.fixture(scope="module")
def localhost(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def knox(plain_hadoop: HadoopCluster) -> Knox:
    (master,) = plain_hadoop.endpoints["resourcemanagers"]
    return Knox(plain_hadoop.namenodes[0], master, ALICE)


@pytest.fixture
def port(knox: Knox, localhost: Certificate) -> Iterator[int]:
    with gateway(knox, localhost.shown()) as (_, port):
        yield port


def options(cluster: HadoopCluster, port: int, localhost: Certificate, **more: Any) -> Mapping[str, Any]:
    told = yarn_options(
        cluster,
        ALICE.user,
        gateway=f"https://localhost:{port}{TOPOLOGY}",
        password=ALICE.password,
        authority=str(localhost.file),
        **more,
    )
    return {name: value for name, value in told.items() if name != "resource_managers"}


async def test_a_job_is_submitted_seen_read_and_ended_through_a_gateway(
    plain_hadoop: HadoopCluster, knox: Knox, port: int, localhost: Certificate
) -> None:
    told = options(plain_hadoop, port, localhost)
    async with discover().open(RUNTIME, "yarn", told) as runtime:
        assert (await runtime.capacity()).notes[0] == "jobs run as YARN services"
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        try:
            runs = await stage.submit(stage.programs.runs("up"))
            fails = await stage.submit((stage.programs.python, "-c", "import os; os.kill(os.getppid(), 9)"))
            await stage.says(runs, "up")
            seen = await stage.phase(runs, Phase.RUNNING)
            assert seen.native["user"] == ALICE.user
            await runtime.cancel(runs, 1.0)
            assert (await stage.ended(runs)).phase is Phase.CANCELLED
            assert (await stage.text(runs)).startswith("up")
            # nobody but the timeline server knows of a launcher that was killed
            assert (await stage.ended(fails)).reason == "supervisor-lost"
        finally:
            await stage.clear()
    ways = {tuple(path.split("/")[:2]) for path in knox.passed}
    assert ways >= {("webhdfs", "v1"), ("webhdfs", "data"), ("yarnuiv2", "ws"), ("yarnuiv2", "timeline")}
    assert "yarnuiv2/app/v1/services" in knox.passed


async def test_a_wrong_password_is_said(
    plain_hadoop: HadoopCluster, port: int, localhost: Certificate
) -> None:
    told = {**options(plain_hadoop, port, localhost), "password": "another"}
    async with discover().open(RUNTIME, "yarn", told) as runtime:
        with pytest.raises(AdapterError, match="401"):
            await runtime.capacity()
