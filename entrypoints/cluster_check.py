"""Asks the clusters of the settings whether they answer, and whether they would take a job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from submarine.core.errors import SubmarineError
from submarine.core.ports.runtime import RUNTIME, Selective
from submarine.core.workloads.workload import Handle, Role, SuccessPolicy, Workload, WorkloadKind
from submarine.entrypoints.settings import Settings
from submarine.entrypoints.settings.model import ClusterChoice
from submarine.plugins.registry import Registry

PATIENCE_S: Final = 60.0


class Found(NamedTuple):
    """What became of a question: one sentence, and whether jobs can run there."""

    good: bool
    sentence: str


async def ask(settings: Settings, registry: Registry) -> Sequence[Found]:
    """Ask all at once; one that hangs keeps nobody waiting for longer than a minute."""
    return await asyncio.gather(*(_ask(cluster, registry) for cluster in settings.clusters))


async def _ask(cluster: ClusterChoice, registry: Registry) -> Found:
    who = f"cluster {cluster.name}"
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            registry.open(RUNTIME, cluster.use, cluster.options) as runtime,
        ):
            capacity = await runtime.capacity()
            if isinstance(runtime, Selective) and (why := runtime.refusal(_probe())):
                return Found(good=False, sentence=f"{who} can run nothing: {why}")
            said = "; ".join(capacity.notes) or "jobs can run there"
            return Found(good=True, sentence=f"{who} answers: {said}")
    except TimeoutError:
        return Found(good=False, sentence=f"{who} does not answer within {PATIENCE_S:g} s")
    except SubmarineError as error:
        return Found(good=False, sentence=f"{who} does not answer: {error}")


def _probe() -> Workload:
    """Return the least that anybody could want to run."""
    return Workload(
        name=Handle("probe-1"),
        job="probe",
        attempt=1,
        kind=WorkloadKind.BATCH,
        roles=(Role(name="worker", replicas=1, command=("true",)),),
        framework=_Alone(),
        success=SuccessPolicy.ALL,
    )


class _Alone:
    name = "none"

    @staticmethod
    def variables(*_: object) -> dict[str, str]:
        return {}
