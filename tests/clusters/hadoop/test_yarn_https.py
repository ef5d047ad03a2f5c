"""Where all of YARN's web servers speak HTTPS, jobs run and are read as elsewhere."""

from __future__ import annotations

import pytest

from submarine.contracts.runtime.stage import ability
from submarine.core.ports.runtime import Readable
from submarine.core.workloads.observation import Phase
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.stages import staged


@pytest.mark.chaos
async def test_output_is_read_by_https_while_a_job_runs_and_after(hadoop: HadoopCluster) -> None:
    with hadoop.over_tls() as authority:
        assert all(url.startswith("https://") for url in hadoop.endpoints["nodemanagers"])
        async with staged(hadoop, authority=str(authority)) as stage:
            handle = await stage.submit(stage.programs.runs("up"))
            await stage.says(handle, "up")
            await stage.phase(handle, Phase.RUNNING)
            readable = ability(stage.runtime, Readable)
            told = [piece async for piece in readable.logs(handle, "worker", 0)]
            assert b"".join(told).startswith(b"up")
            await stage.runtime.cancel(handle, 1.0)
            assert (await stage.ended(handle)).phase is Phase.CANCELLED
            assert (await stage.text(handle)).startswith("up")
