"""What others do to one attempt, or to things that are called like it, hides no other and ends nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn import looking, observing, reading
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.records import End, Plan, RolePlan, Run
from submarine.core.errors import UnavailableError
from submarine.core.workloads.workload import Handle
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

NAME: Final = Handle("sub-x-1")
CONTAINER: Final = "container_1_0001_01_000002"
FOLDERS: Final = "/user/alice/.submarine"


def begin(hadoop: HadoopInMemory, name: Handle = NAME) -> None:
    plan = Plan(roles=(RolePlan("worker", 1),), success="all", kind="batch", form="service")
    hadoop.files[f"{FOLDERS}/{name}/plan.json"] = msgspec.json.encode(plan)
    run = Run(container=CONTAINER, host="h", port=1, node="h:8042", started=1)
    hadoop.files[f"{FOLDERS}/{name}/run.worker-0.{CONTAINER}"] = msgspec.json.encode(run)


@asynccontextmanager
async def server(hadoop: HadoopInMemory) -> AsyncIterator[Looking]:
    async with hadoop.serving():
        config = YarnConfig(
            resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice", timeout=3
        )
        async with Web.opened(config) as opened:
            files = Files(config, WebHdfs(opened, (hadoop.url,)))
            look = Looking(Cluster(config, Manager(config, opened), files), lambda _: None)
            try:
                yield look
            finally:
                await look.closed()


def phase(look: Looking) -> tuple[str, str]:
    sight = observing.look(look.attempts[NAME])
    assert sight is not None
    return sight.verdict.phase, sight.verdict.reason


@pytest.mark.parametrize("begun", [True, False])
async def test_what_yarn_has_forgotten_is_lost_in_the_end(
    monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    """Without its recovery, which is off by default, a ResourceManager that restarts ends and forgets all."""
    hadoop = HadoopInMemory()
    begin(hadoop)
    if not begun:
        del hadoop.files[f"{FOLDERS}/{NAME}/run.worker-0.{CONTAINER}"]
    hadoop.start(NAME, 1)
    async with server(hadoop) as look:
        await look.fresh()
        hadoop.apps.clear()
        await look.fresh()
        assert phase(look)[0] == ("running" if begun else "pending")
        monkeypatch.setattr(looking, "_FORGOTTEN_S", 0.0)
        monkeypatch.setattr(looking, "_LAST_WORD_S", 0.0)
        hadoop.waking = True  # it answers, and has not come to ours yet
        await look.fresh()
        assert phase(look)[0] == ("running" if begun else "pending")
        hadoop.waking = False
        await look.fresh()
        assert phase(look) == ("lost", "vanished")


async def test_what_others_call_the_same_is_not_ours() -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    hadoop.start(NAME, 1)
    hadoop.start(NAME, 2, user="mallory")
    async with server(hadoop) as look:
        await look.fresh()
        app = look.attempts[NAME].app
        assert (app and app.id, set(hadoop.states().values())) == ("application_1_1", {"RUNNING"})


async def test_a_damaged_claim_hides_no_other() -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    begin(hadoop, Handle("sub-y-1"))
    hadoop.files[f"{FOLDERS}/sub-y-1/claim.json"] = b"[]"
    for number, name in enumerate((NAME, "sub-y-1", "sub-y-1"), 1):
        hadoop.start(name, number)
    async with server(hadoop) as look:
        await look.fresh()
        assert phase(look) == ("running", "")


async def test_what_a_container_says_of_its_place_is_a_place() -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    hadoop.start(NAME, 1)
    folder, second = f"{FOLDERS}/{NAME}", "container_1_0001_01_000003"
    astray = Run(container=second, host="h", port=1, node="h:80/secret?")
    hadoop.files[f"{folder}/run.worker-0.{second}"] = msgspec.json.encode(astray)
    path = f"{folder}/run.worker-0.{CONTAINER}"
    async with server(hadoop) as look:
        for number in range(2):
            run = Run(container=f"container_of_others_{number}", host="h", port=1, node="h:8042")
            hadoop.files[path] = msgspec.json.encode(run)
            await look.fresh()
        assert [each.container for each in look.attempts[NAME].runs["worker", 0]] == [CONTAINER]


async def test_an_owner_for_whom_yarn_does_not_answer_hides_no_other() -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    hadoop.start(NAME, 1)
    begin(hadoop, Handle("sub-y-1"))
    hadoop.owners[f"{FOLDERS}/sub-y-1"] = hadoop.refused = "mallory"
    async with server(hadoop) as look:
        for _ in range(2):
            await look.fresh()
        assert phase(look) == ("running", "")
        assert "403" in look.attempts[Handle("sub-y-1")].refused


async def test_a_file_on_a_node_that_hangs_hides_no_other_and_what_was_read_of_it_is_kept() -> None:
    hadoop, other = HadoopInMemory(), Handle("sub-y-1")
    for number, name in enumerate((NAME, other), 1):
        begin(hadoop, name)
        hadoop.start(name, number)
    hadoop.stuck = {f"{FOLDERS}/{other}/run.worker-0.{CONTAINER}"}
    async with server(hadoop) as look:
        await look.fresh()
        assert phase(look) == ("running", "")
        found = look.attempts[other]
        assert set(found.files) == {"plan.json"}
        assert found.refused
        sight = observing.look(found)
        assert sight is not None
        assert sight.observation().message
        hadoop.stuck.clear()
        await look.fresh()
        assert not found.refused
        assert len(found.files) == 2


async def test_where_nobody_tells_of_anything_the_cluster_is_away() -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    hadoop.start(NAME, 1)
    hadoop.stuck = {f"{FOLDERS}/{NAME}/plan.json"}
    async with server(hadoop) as look:
        with pytest.raises(UnavailableError):
            await look.fresh()


async def test_what_came_while_a_clock_was_behind_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hadoop = HadoopInMemory()
    begin(hadoop)
    hadoop.start(NAME, 1)
    async with server(hadoop) as look:
        await look.fresh()
        hadoop.frozen = True
        await look.fresh()
        end = End(container=CONTAINER, code=0, ended=1)
        hadoop.files[f"{FOLDERS}/{NAME}/end.worker-0.{CONTAINER}"] = msgspec.json.encode(end)
        await look.fresh()
        assert phase(look) == ("running", "")
        monkeypatch.setattr(reading, "_READ_AGAIN_S", 0.0)
        await look.fresh()
        assert phase(look)[0] == "succeeded"
