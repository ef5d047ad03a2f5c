"""A stage on YARN for tests that are not of the contract kit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.resources import Resources
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 150.0
_MODEST: Final = Resources(cpu=10, memory=128 * 2**20)


@asynccontextmanager
async def staged(
    cluster: HadoopCluster, patience: float = PATIENCE, *, user: str = "alice", **options: Any
) -> AsyncIterator[Stage]:
    """Yield a stage for *user*; what was submitted is removed afterwards."""
    told = yarn_options(cluster, user, **{"queue": "batch", **options})
    async with discover().open(RUNTIME, "yarn", told) as runtime:
        stage = Stage(runtime, Programs(), _MODEST, patience)
        try:
            yield stage
        finally:
            await stage.clear()
