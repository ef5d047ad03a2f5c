"""Where YARN was made to start two applications for one attempt, one runs it and the other is ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.launcher.claim import held
from submarine.adapters.yarn.launcher.staging import GoneError, Staging
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.twins import Twins
from submarine.core.workloads.workload import Handle
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

NAME: Final = Handle("sub-x-1")
FOLDER: Final = f"/user/alice/.submarine/{NAME}"
SCRATCH: Final = "/user/alice/.submarine/.new/sub-x-1."
CLAIM: Final = f"{FOLDER}/claim.json"


@pytest.fixture
async def hadoop() -> AsyncIterator[HadoopInMemory]:
    hadoop = HadoopInMemory()
    hadoop.files[f"{FOLDER}/plan.json"] = b"{}"
    async with hadoop.serving():
        yield hadoop


@asynccontextmanager
async def server(hadoop: HadoopInMemory) -> AsyncIterator[Twins]:
    """Yield what a server has to tell twins apart."""
    config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice")
    async with Web.opened(config) as opened:
        yield Twins(Manager(config, opened), Files(config, WebHdfs(opened, (hadoop.url,))))


async def look(twins: Twins, hadoop: HadoopInMemory, attempt: Attempt | None = None) -> App | None:
    apps = [App(id=app["id"], state=app["state"], started=app["startedTime"]) for app in hadoop.apps]
    return await twins.only(attempt or Attempt(handle=NAME, owner="alice"), apps)


async def arrive(hadoop: HadoopInMemory, application: str) -> bool:
    """Tell whether a container of *application* may begin."""
    staging = Staging([f"{hadoop.url}/webhdfs/v1"], FOLDER, SCRATCH, "alice", None)
    return await asyncio.to_thread(lambda: held(staging, staging.list(), application))


async def test_the_first_container_to_arrive_has_it_for_its_application(hadoop: HadoopInMemory) -> None:
    assert await arrive(hadoop, "application_1_2")
    assert not await arrive(hadoop, "application_1_1")
    assert await arrive(hadoop, "application_1_2")


async def test_of_containers_that_arrive_at_once_those_of_one_application_begin(
    hadoop: HadoopInMemory,
) -> None:
    names = [f"application_1_{number}" for number in (1, 2, 3)] * 3
    begun = await asyncio.gather(*(arrive(hadoop, name) for name in names))
    assert {name for name, may in zip(names, begun, strict=True) if may} == {
        json.loads(hadoop.files[CLAIM])["application"]
    }
    assert sum(begun) == 3
    assert [path for path in hadoop.files if "/.new/" in path] == []


async def test_of_what_was_removed_nobody_has_anything(hadoop: HadoopInMemory) -> None:
    staging = Staging([f"{hadoop.url}/webhdfs/v1"], FOLDER, SCRATCH, "alice", None)
    hadoop.files.clear()
    with pytest.raises(GoneError):
        await asyncio.to_thread(held, staging, {}, "application_1_1")


async def test_the_application_that_has_begun_lives_and_its_twin_is_killed(hadoop: HadoopInMemory) -> None:
    hadoop.start(NAME, 9)
    hadoop.start(NAME, 10)
    assert await arrive(hadoop, "application_1_10")
    async with server(hadoop) as twins:
        found = await look(twins, hadoop)
    assert found is not None
    assert found.id == "application_1_10"
    assert hadoop.states() == {"application_1_9": "KILLED", "application_1_10": "RUNNING"}


async def test_as_long_as_none_has_begun_either_may(hadoop: HadoopInMemory) -> None:
    """The first may be unable to start, as the second call wrote its programs anew, or the second."""
    hadoop.start(NAME, 10)
    hadoop.start(NAME, 9)
    attempt = Attempt(handle=NAME, owner="alice")
    async with server(hadoop) as twins:
        assert await look(twins, hadoop, attempt) is not None
        assert set(hadoop.states().values()) == {"RUNNING"}
        hadoop.apps[0]["state"] = "FAILED"
        found = await look(twins, hadoop, attempt)
        assert found is not None
        assert found.id == "application_1_9"
        assert await arrive(hadoop, "application_1_9")


async def test_how_it_ended_is_asked_of_the_one_that_ran(hadoop: HadoopInMemory) -> None:
    hadoop.start(NAME, 9)
    assert await arrive(hadoop, "application_1_9")
    hadoop.start(NAME, 10)
    for app, state in zip(hadoop.apps, ("FINISHED", "KILLED"), strict=True):
        app["state"] = state
    async with server(hadoop) as twins:
        found = await look(twins, hadoop)
    assert found is not None
    assert (found.id, found.state) == ("application_1_9", "FINISHED")


async def test_one_that_a_queue_refused_before_is_no_twin(hadoop: HadoopInMemory) -> None:
    hadoop.start(NAME, 9, "FAILED")
    hadoop.start(NAME, 10)
    async with server(hadoop) as twins:
        found = await look(twins, hadoop)
    assert found is not None
    assert found.id == "application_1_10"
    assert CLAIM not in hadoop.files
