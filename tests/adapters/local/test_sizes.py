"""A size that a dying server has only written down comes when the order is repeated, or the submission is."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine.adapters.local.config import LocalConfig
from submarine.adapters.local.runtime import LocalRuntime
from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import WorkloadKind

PATIENCE = 60.0


@pytest.mark.parametrize("repeated", ["scale", "submit"])
async def test_a_size_that_a_server_died_over_comes_when_it_is_asked_again(
    tmp_path: Path, repeated: str
) -> None:
    config = LocalConfig(path=tmp_path / "local", cpu=8)
    async with LocalRuntime.open(config) as dying, LocalRuntime.open(config) as another:
        stage = Stage(another, Programs(), Resources(cpu=10, memory=64 * 2**20), PATIENCE)
        try:
            service = stage.workload(stage.programs.runs("up"), kind=WorkloadKind.SERVICE)
            await dying.submit(service)
            before = await stage.has(service.name, worker=1)
            larger = stage.sized(service, 2)
            await dying._call(dying._scaling.scale, larger)  # and no supervisor is started
            seen = await stage.look(service.name)
            assert [(r.index, str(r.phase)) for r in seen.replicas] == [(0, "running"), (1, "pending")]
            await (another.scale(larger) if repeated == "scale" else another.submit(service))
            after = await stage.has(service.name, worker=2)
            assert after.replicas[0] == before.replicas[0]
        finally:
            await stage.clear()
