"""A service that was made larger or smaller: who is seen, who decides, and when YARN is told."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn import definitions, names, observing, sizing
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.launcher.orders import CANCELLED, SURPLUS, Orders
from submarine.adapters.yarn.launcher.places import filler
from submarine.adapters.yarn.launcher.replica import Replica
from submarine.adapters.yarn.launcher.staging import Staging
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.objects import App
from submarine.adapters.yarn.records import End, Plan, RolePlan, Run, Scale
from submarine.adapters.yarn.sizing import Sizing
from submarine.core.errors import UnavailableError
from submarine.core.workloads.workload import Handle
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

CONTAINERS = [f"container_1_1_01_00000{number}" for number in (2, 3, 4)]


def service(ordered: int, *, running: int = 3, grace: float = 30.0) -> Attempt:
    """Return a service of three replicas that run, of which so many were *ordered* since."""
    app = App(id="application_1_1", name="sub-x-1", state="RUNNING", running=running + 1)
    plan = Plan(roles=(RolePlan("worker", 3),), success="all", kind="service", form="service", grace=grace)
    scale = Scale({"worker": ordered})
    found = Attempt(
        handle=Handle("sub-x-1"),
        owner="alice",
        plan=plan.sized(scale),
        scale=scale,
        app=app,
        files={names.SCALE: 7, names.SERVICE: 1},
    )
    for index, container in enumerate(CONTAINERS):
        run = Run(container=container, host="h", port=1, node="h:8042", started=1)
        found.runs["worker", index] = [run]
    return found


def end(found: Attempt, index: int) -> None:
    container = CONTAINERS[index]
    found.ends[container] = End(container=container, code=1, cause="surplus", started=1, ended=2)


def seen(found: Attempt) -> list[tuple[int, str, str]]:
    sight = observing.look(found)
    assert sight is not None
    assert sight.verdict.phase == "running"
    return [(state.number, state.phase, state.reason) for state in sight.states]


class Told:
    """A ResourceManager that remembers what sizes it was told, and whom it was to wake."""

    def __init__(self) -> None:
        self.sizes: list[dict[str, int]] = []
        self.woken: list[str] = []

    async def resize_service(self, name: str, sizes: dict[str, int], user: str) -> None:
        assert (name, user) == ("sub-x-1", "alice")
        self.sizes.append(sizes)

    async def wake(self, _: Attempt, run: Run) -> None:
        self.woken.append(run.container)


async def follow(told: Told, found: Attempt) -> None:
    assert found.plan is not None
    await Sizing(cast("Manager", told), cast("Files", told), told.wake).follow(found, found.plan)


def test_who_is_taken_away_is_seen_while_it_runs_and_decides_nothing() -> None:
    found = service(1)
    assert seen(found) == [(0, "running", ""), (1, "running", "scaled"), (2, "running", "scaled")]
    end(found, 1)
    assert seen(found) == [(0, "running", ""), (2, "running", "scaled")]
    end(found, 2)
    assert seen(found) == [(0, "running", "")]


def test_who_is_taken_away_and_dies_without_a_word_is_not_seen_for_ever() -> None:
    assert seen(service(1, running=1)) == [(0, "running", "")]


async def test_yarn_is_told_when_those_that_go_have_ended() -> None:
    told, found = Told(), service(2)
    await follow(told, found)
    assert (told.sizes, told.woken) == ([], CONTAINERS[2:])
    end(found, 2)
    await follow(told, found)
    assert told.sizes == [{"worker": 2}]


async def test_yarn_is_told_when_those_that_go_do_not_end_in_time() -> None:
    told, found = Told(), service(2, grace=-5.0)
    await follow(told, found)
    assert told.sizes == [{"worker": 2}]


async def test_yarn_is_told_of_each_order_once_and_again_if_it_runs_another_number() -> None:
    told, found = Told(), service(3)
    await follow(told, found)
    await follow(told, found)
    assert told.sizes == [{"worker": 3}]
    found.files = {names.SCALE: 8, names.SERVICE: 1}
    await follow(told, found)
    found.app = App(id="application_1_1", state="RUNNING", running=3)
    await follow(told, found)
    assert len(told.sizes) == 2
    found.told_at -= 60.0
    await follow(told, found)
    assert len(told.sizes) == 3


def test_what_does_not_run_yet_or_was_never_scaled_needs_nothing() -> None:
    for found in (service(2), service(2)):
        assert found.plan is not None
        assert sizing.pending(found, found.plan)
        found.app = App(id="application_1_1", state="ACCEPTED")
        assert not sizing.pending(found, found.plan)
        found.app, found.scale = App(id="application_1_1", state="RUNNING", running=1), None
        assert not sizing.pending(found, found.plan)


class Folder:
    """An attempt's folder with orders in it."""

    def __init__(self, **documents: Any) -> None:
        self.documents = {f"{name}.json": content for name, content in documents.items()}
        self.changes = 0

    def list(self) -> dict[str, int]:
        self.changes += 1
        return dict.fromkeys(self.documents, self.changes)

    def read(self, name: str) -> Any:
        return self.documents[name]


def test_a_launcher_goes_if_its_number_is_too_high_and_its_end_can_be_taken_back() -> None:
    folder = Folder(scale={"roles": {"worker": 2}})
    orders = [Orders(cast("Staging", folder), f"worker-{index}", CONTAINERS[0], 5.0) for index in (1, 2)]
    for each in orders:
        each.look()
    assert [(each.cause, each.surplus) for each in orders] == [("", False), (SURPLUS, True)]
    folder.documents["scale.json"] = {"roles": {"worker": 3}}
    orders[1].look()
    assert (orders[1].cause, orders[1].surplus) == (SURPLUS, False)


def test_a_launcher_that_goes_is_cancelled_like_all_others() -> None:
    folder = Folder(scale={"roles": {"worker": 1}})
    orders = Orders(cast("Staging", folder), "worker-1", CONTAINERS[0], 5.0)
    orders.look()
    folder.documents["cancel.json"] = {"grace": 1.0}
    orders.look()
    assert (orders.cause, orders.grace) == (CANCELLED, 1.0)


async def test_what_yarn_holds_of_a_service_is_kept_while_it_is_whole_and_put_back() -> None:
    hadoop, name = HadoopInMemory(), "sub-x-1"
    held, kept = (
        f"/user/alice/.yarn/services/{name}/{name}.json",
        f"/user/alice/.submarine/{name}/service.json",
    )
    whole = b'{"name": "sub-x-1", "id": "application_1_1"}'
    hadoop.files |= {held: b"", f"/user/alice/.submarine/{name}/plan.json": b"{}"}
    async with hadoop.serving():
        config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice")
        async with Web.opened(config) as opened:
            files = Files(config, WebHdfs(opened, (hadoop.url,)))
            with pytest.raises(UnavailableError):
                await definitions.keep(files, name, "alice")
            hadoop.files[held] = whole
            await definitions.keep(files, name, "alice")
            await definitions.keep(files, name, "alice")
            assert hadoop.files[kept] == whole
            hadoop.files[held] = whole[:20]
            await definitions.mend(files, name, "alice")
            assert hadoop.files[held] == whole
            hadoop.files[held] = newer = whole.replace(b"_1_1", b"_1_2")
            await definitions.mend(files, name, "alice")
            assert hadoop.files[held] == newer


def test_a_service_that_needs_no_address_waits_for_nobody() -> None:
    peers = [{"role": "worker", "index": index, "host": f"h{index}", "port": f"7{index}"} for index in (0, 1)]
    role = {"name": "worker", "env": {}, "ports": {}}
    job = {"kind": "service", "roles": [role], "peers": peers, "variables": {}, "grace": 1.0}
    env = {"SUBMARINE_ROLE": "worker", "SUBMARINE_INDEX": "1", "CONTAINER_ID": CONTAINERS[0]}
    found = Replica(job, cast("Staging", Folder()), env)._find({"host": "node", "port": 5})
    assert found == {"worker-1": "node:5"}
    assert filler(peers, found)("tcp://h1:71") == "tcp://node:5"


def test_yarn_is_told_again_where_one_role_is_too_large_and_another_too_small() -> None:
    found = service(3)
    assert found.plan is not None
    plan = msgspec.structs.replace(found.plan, roles=(RolePlan("worker", 2), RolePlan("server", 1)))
    found.told = 7
    assert sizing.pending(found, plan)
    assert sizing.leaving(found, plan) == [("worker", 2)]
