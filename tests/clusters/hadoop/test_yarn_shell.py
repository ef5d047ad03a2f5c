"""Where the services API is really off, jobs run all the same, and who cannot run is told what to do."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from submarine.core.errors import InvalidError
from submarine.core.ports.runtime import Explaining
from submarine.core.workloads.observation import Phase
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.stages import staged
from tests.clusters.hadoop.test_yarn_reasons import ITS_MASTER_RUNS

PATIENCE: Final = 240.0


async def test_a_job_runs_and_everybody_is_told_as_what(bare_hadoop: HadoopCluster) -> None:
    async with staged(bare_hadoop, PATIENCE) as stage:
        why = "the services API is off"
        assert (await stage.runtime.capacity()).notes[0] == (
            f"jobs run as distributed shell applications, as {why}"
        )
        chief = stage.role(stage.programs.prints("of chief"), name="chief")
        asked = stage.workload(chief, stage.role(stage.programs.prints("of worker"), replicas=2), priority=5)
        assert isinstance(stage.runtime, Explaining)
        assert stage.runtime.form(asked) == f"as a distributed shell application, as {why}"
        await stage.runtime.submit(asked)
        ended = await stage.ended(asked.name)
        assert (ended.phase, ended.native["form"]) == (Phase.SUCCEEDED, "shell"), ended
        assert await stage.text(asked.name, "chief", 0) == "of chief\n"
        assert await stage.text(asked.name, "worker", 1) == "of worker\n"
        app = application(bare_hadoop, ended.native["application"])
        assert (app["applicationType"], app["name"], app["priority"]) == ("SUBMARINE", asked.name, 5)


async def test_a_shell_that_is_not_on_the_class_path_is_told_from_every_other_failure(
    bare_hadoop: HadoopCluster,
) -> None:
    async with staged(bare_hadoop, PATIENCE, shell_jar=None) as stage:
        ended = await stage.ended(await stage.submit(stage.programs.prints("never")))
        assert (ended.phase, ended.reason) == (Phase.FAILED, "no-master"), ended
        assert "shell_jar" in ended.message


async def test_a_jar_that_is_not_there_is_refused_by_name(bare_hadoop: HadoopCluster) -> None:
    async with staged(bare_hadoop, PATIENCE, shell_jar="/nowhere.jar") as stage:
        workload = stage.workload(stage.programs.prints("never"))
        with pytest.raises(InvalidError, match=r"/nowhere\.jar"):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT


async def test_services_that_are_asked_for_and_off_are_refused(bare_hadoop: HadoopCluster) -> None:
    async with staged(bare_hadoop, PATIENCE, form="service") as stage:
        workload = stage.workload(stage.programs.prints("never"))
        with pytest.raises(InvalidError, match=r"yarn\.webapp\.api-service\.enable"):
            await stage.runtime.submit(workload)


async def test_a_queue_that_is_not_there_is_refused_by_name(bare_hadoop: HadoopCluster) -> None:
    async with staged(bare_hadoop, PATIENCE) as stage:
        workload = stage.workload(stage.programs.prints("never"), queue="nowhere")
        with pytest.raises(InvalidError, match="there is no queue nowhere, but default, batch, tiny"):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT


async def test_a_queue_that_is_not_ours_is_refused_by_yarn_and_nothing_is_left(
    bare_hadoop: HadoopCluster,
) -> None:
    async with staged(bare_hadoop, PATIENCE, user="bob") as stage:
        workload = stage.workload(stage.programs.prints("never"), queue="tiny")
        with pytest.raises(InvalidError, match="tiny"):
            await stage.runtime.submit(workload)
        assert (await stage.look(workload.name)).phase is Phase.ABSENT


async def test_a_full_queue_is_told_while_it_waits(bare_hadoop: HadoopCluster) -> None:
    async with staged(bare_hadoop, PATIENCE, queue="tiny") as stage:  # a tenth of the cluster: one master
        first = await stage.submit(stage.programs.runs("up"))
        await stage.until(first, lambda o: o.message == ITS_MASTER_RUNS, "its master")
        second = await stage.submit(stage.programs.runs("up"))
        seen = await stage.until(second, lambda o: o.reason == "queue-full", "a reason")
        assert seen.phase is Phase.PENDING
        await stage.runtime.remove(first)
        await stage.until(second, lambda o: o.message == ITS_MASTER_RUNS, "its master")


def application(cluster: HadoopCluster, name: str) -> dict[str, Any]:
    """Return what the ResourceManager says of the application *name*."""
    url = f"{cluster.endpoints['resourcemanagers'][0]}/ws/v1/cluster/apps/{name}"
    answer = httpx.get(url, params={"user.name": "alice"}, headers={"Accept": "application/json"})
    found: dict[str, Any] = answer.raise_for_status().json()["app"]
    return found
