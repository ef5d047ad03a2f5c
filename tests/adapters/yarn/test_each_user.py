"""Where each job runs as who submits it: nobody takes, forges or blocks what is another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import msgspec
import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.capacity import Size
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.ending import Orders
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.leftovers import clearing
from submarine.adapters.yarn.logs import Output
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.records import Closing, Plan, RolePlan
from submarine.adapters.yarn.steward import Steward
from submarine.adapters.yarn.submission import Submission
from submarine.contracts.runtime.stage import Rendezvous
from submarine.core.errors import InvalidError, UnavailableError
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.verdict import Verdict
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

ROOT: Final = "/apps/submarine"
NAME: Final = Handle("sub-x-1")
PLAN: Final = Plan((RolePlan("worker", 1),), success="all", kind="batch", form="service")


class Server(NamedTuple):
    submission: Submission
    looking: Looking
    orders: Orders
    files: Files
    manager: Manager


@asynccontextmanager
async def server(hadoop: HadoopInMemory, **more: Any) -> AsyncIterator[Server]:
    hadoop.owners.setdefault(ROOT, "submarine")
    hadoop.modes.setdefault(ROOT, "1773")
    hadoop.files.setdefault(f"{ROOT}/.keep", b"")
    hadoop.modes.setdefault(f"{ROOT}/.seal", "600")
    told = {"resource_managers": (hadoop.url,), "name_nodes": (hadoop.url,), "form": "service", "timeout": 5}
    config = YarnConfig(**{**told, "act_as": "{user}", "staging": ROOT, "logs": "/logs", **more})
    async with Web.opened(config) as opened:
        files, manager = Files(config, WebHdfs(opened, (hadoop.url,))), Manager(config, opened)
        cluster, nodes = Cluster(config, manager, files), Nodes(config, manager)
        steward = Steward(manager, files, Listeners())
        look = Looking(cluster, steward.changed)
        size = Size(manager, nodes, {}, lambda _: "")
        output = Output(config, opened, manager, files, nodes)
        orders = Orders(config, manager, files, look, steward, output)
        try:
            yield Server(Submission(cluster, size, look, steward), look, orders, files, manager)
        finally:
            await look.closed()


@pytest.fixture
async def hadoop() -> AsyncIterator[HadoopInMemory]:
    hadoop = HadoopInMemory()
    async with hadoop.serving():
        yield hadoop


def workload(user: str, name: str = NAME) -> Workload:
    return Workload(
        name=Handle(name),
        job="x",
        attempt=1,
        kind=WorkloadKind.BATCH,
        roles=(Role(name="worker", replicas=1, command=("true",)),),
        framework=Rendezvous(),
        user=user,
    )


def forge(hadoop: HadoopInMemory, owner: str, name: str = NAME, plan: Plan = PLAN) -> None:
    """Have *owner* make a folder that looks like an attempt."""
    hadoop.files[f"{ROOT}/{name}/plan.json"] = msgspec.json.encode(plan)
    closing = Closing(Verdict("succeeded"), [], application="application_1_9")
    hadoop.files[f"{ROOT}/{name}/closing.json"] = msgspec.json.encode(closing)
    hadoop.owners[f"{ROOT}/{name}"] = owner


async def test_each_attempt_is_its_submitters_folder_and_application(hadoop: HadoopInMemory) -> None:
    async with server(hadoop, hadoop_users={"bob@example.org": "bob"}) as here:
        await here.submission.submit(workload("carol", "sub-x-1"))
        await here.submission.submit(workload("bob@example.org", "sub-y-1"))
        assert {app["name"]: app["user"] for app in hadoop.apps} == {"sub-x-1": "carol", "sub-y-1": "bob"}
        assert [hadoop.owners[f"{ROOT}/{name}"] for name in ("sub-x-1", "sub-y-1")] == ["carol", "bob"]
        assert hadoop.owners[f"{ROOT}/.seal"] == "submarine"
        job = msgspec.json.decode(hadoop.files[f"{ROOT}/sub-x-1/job.json"])
        assert (job["user"], job["scratch"]) == ("carol", f"{ROOT}/.new.sub-x-1.")
    async with server(hadoop) as later:  # which knows of them by what HDFS has
        await later.looking.fresh()
        assert {h: a.owner for h, a in later.looking.attempts.items()} == {
            "sub-x-1": "carol",
            "sub-y-1": "bob",
        }
        assert all(a.ours and a.app is not None for a in later.looking.attempts.values())


@pytest.mark.parametrize("user", ["", "submarine", "hdfs", "x@y"])
async def test_whom_nobody_may_run_as_leaves_nothing_behind(hadoop: HadoopInMemory, user: str) -> None:
    async with server(hadoop) as here:
        before = dict(hadoop.files)
        with pytest.raises(InvalidError, match="as who submitted them"):
            await here.submission.submit(workload(user))
        assert (hadoop.files, hadoop.apps) == (before, [])


async def test_for_whom_hadoop_lets_us_not_act_is_told_and_leaves_nothing(hadoop: HadoopInMemory) -> None:
    hadoop.forbidden = {"mallory"}
    async with server(hadoop) as here:
        await here.submission.submit(workload("carol", "sub-y-1"))
        with pytest.raises(InvalidError, match=r"act for mallory .* hadoop.proxyuser.submarine"):
            await here.submission.submit(workload("mallory"))
        assert not [path for path in hadoop.files if NAME in path]
        await here.looking.fresh()
        assert set(here.looking.attempts) == {"sub-y-1"}


async def test_a_folder_of_somebody_else_is_never_taken_for_the_attempt(
    hadoop: HadoopInMemory,
) -> None:
    forge(hadoop, "mallory")
    async with server(hadoop) as here:
        with pytest.raises(InvalidError, match=f"{ROOT}/{NAME} on HDFS was made by mallory"):
            await here.submission.submit(workload("carol"))
        await here.looking.fresh()
        assert not here.looking.attempts
        await here.orders.cancel(NAME, 0)
        await here.orders.remove(NAME)
        assert f"{ROOT}/{NAME}/plan.json" in hadoop.files
        assert not hadoop.apps


async def test_a_seal_is_good_for_one_attempt_of_one_owner(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        await here.submission.submit(workload("mallory", "sub-m-1"))
        own = msgspec.json.decode(hadoop.files[f"{ROOT}/sub-m-1/plan.json"], type=Plan)
        assert own.seal
        forge(hadoop, "mallory", "sub-y-1", own)
        forge(hadoop, "dave", "sub-z-1", own)
        await here.looking.fresh()
        assert set(here.looking.attempts) == {"sub-m-1"}


async def test_the_plan_of_a_newer_server_is_ours_and_unreadable(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        await here.submission.submit(workload("carol"))
        path = f"{ROOT}/{NAME}/plan.json"
        newer = msgspec.json.decode(hadoop.files[path]) | {"format": 99}
        hadoop.files[path] = msgspec.json.encode(newer)
    async with server(hadoop) as later:
        await later.looking.fresh()
        found = later.looking.attempts[NAME]
        assert (found.ours, found.plan) == (True, None)
        assert "newer server (format 99)" in found.damage


async def test_a_file_in_the_place_of_a_folder_is_in_the_way(hadoop: HadoopInMemory) -> None:
    hadoop.files[f"{ROOT}/{NAME}"] = b""
    hadoop.owners[f"{ROOT}/{NAME}"] = "mallory"
    async with server(hadoop) as here:
        with pytest.raises(InvalidError, match="was made by mallory"):
            await here.submission.submit(workload("carol"))


async def test_a_strangers_folder_is_read_once(
    hadoop: HadoopInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(hadoop, "mallory")
    async with server(hadoop) as here:
        read: list[str] = []
        names = here.files.names

        async def noted(handle: Handle, user: str) -> dict[str, int]:
            read.append(handle)
            return await names(handle, user)

        monkeypatch.setattr(here.files, "names", noted)
        for _ in range(3):
            await here.looking.fresh()
        assert read == [NAME]


async def test_a_name_is_buried_as_ourselves_and_then_nothing_begins(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        await here.orders.cancel(NAME, 0)
        assert hadoop.owners[f"{ROOT}/{NAME}"] == "submarine"
        await here.submission.submit(workload("carol"))
        assert not hadoop.apps
        await here.orders.remove(NAME)
        assert not [path for path in hadoop.files if NAME in path]


@pytest.mark.parametrize(
    ("owner", "mode", "why"),
    [
        ("submarine", "777", "mode 777; an administrator has to make it: owner submarine, mode 1773"),
        ("submarine", "700", "mode 700"),
        ("mallory", "1777", "belongs to mallory"),
    ],
)
async def test_a_staging_folder_that_is_not_safe_is_not_used(
    hadoop: HadoopInMemory, owner: str, mode: str, why: str
) -> None:
    hadoop.owners[ROOT], hadoop.modes[ROOT] = owner, mode
    async with server(hadoop) as here:
        with pytest.raises(UnavailableError, match=why):
            await here.looking.fresh()


async def test_a_staging_folder_that_is_missing_is_told(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        hadoop.files.clear()
        with pytest.raises(UnavailableError, match="there is no folder /apps/submarine on HDFS"):
            await here.looking.fresh()


async def test_a_secret_that_somebody_else_has_put_there_is_none(hadoop: HadoopInMemory) -> None:
    hadoop.files[f"{ROOT}/.seal"] = b"known to mallory"
    hadoop.owners[f"{ROOT}/.seal"] = "mallory"
    async with server(hadoop) as here:
        with pytest.raises(UnavailableError, match=r"\.seal on HDFS belongs to mallory"):
            await here.submission.submit(workload("carol"))
        assert not hadoop.apps


@pytest.mark.parametrize("shown", [True, False])
async def test_many_users_are_few_questions(hadoop: HadoopInMemory, *, shown: bool) -> None:
    hadoop.open = shown
    async with server(hadoop) as here:
        works = [workload(f"user{number}", f"sub-x-{number}") for number in range(20)]
        await asyncio.gather(*(here.submission.submit(work) for work in works))
        await here.looking.fresh()
        for _ in range(3):
            hadoop.asked.clear()
            await here.looking.fresh()
            assert hadoop.asked.count("") == 1
            assert len(hadoop.asked) == (1 if shown else 17)
        assert all(a.app is not None for a in here.looking.attempts.values())


async def test_who_has_nothing_that_lives_is_hardly_asked_for(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        works = [workload(f"user{number}", f"sub-x-{number}") for number in range(5)]
        await asyncio.gather(*(here.submission.submit(work) for work in works))
        hadoop.open = False
        await here.looking.fresh()
        for name in list(here.looking.attempts):
            await here.orders.remove(name)
        hadoop.asked.clear()
        for _ in range(4):
            await here.looking.fresh()
        assert len(hadoop.asked) <= 5


@pytest.mark.parametrize("shown", [True, False])
async def test_an_orphan_is_ended_as_its_owner(hadoop: HadoopInMemory, *, shown: bool) -> None:
    hadoop.open = shown
    async with server(hadoop) as here:
        for user in ("carol", "dave"):
            await here.submission.submit(workload(user, f"sub-{user}-1"))
            kept = f'{{"src_file": "{ROOT}/sub-{user}-1/main.worker.sh"}}'.encode()
            hadoop.files[f"/user/{user}/.yarn/services/sub-{user}-1/sub-{user}-1.json"] = kept
        await here.looking.fresh()
        await here.files.delete("sub-carol-1", "carol")
        async with asyncio.timeout(20):
            while not here.looking.orphans:
                await here.looking.fresh()
        assert here.looking.orphans[Handle("sub-carol-1")].user == "carol"
        await here.orders.remove(Handle("sub-carol-1"))
        await here.looking.fresh()
        assert not here.looking.orphans
        assert [app["state"] for app in hadoop.apps] == ["KILLED", "ACCEPTED"]
        assert [path for path in hadoop.files if "/services/" in path] == [
            "/user/dave/.yarn/services/sub-dave-1/sub-dave-1.json"
        ]


async def test_what_is_left_of_all_owners_is_cleared_though_one_is_forbidden(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        for user in ("bob", "carol"):
            await here.submission.submit(workload(user, f"sub-{user}-1"))
            kept = f'{{"src_file": "{ROOT}/sub-left-1/main.worker.sh"}}'.encode()
            hadoop.files[f"/user/{user}/.yarn/services/sub-left-1/sub-left-1.json"] = kept
            hadoop.owners[f"/user/{user}/.yarn/services/sub-left-1"] = user

        async def owners() -> set[str]:
            await here.looking.fresh()
            return here.looking.owners - {"submarine"}

        await here.looking.fresh()
        hadoop.forbidden = {"bob"}
        async with clearing(here.manager, here.files, owners), asyncio.timeout(10):
            while any("sub-left-1" in path for path in hadoop.files if "/carol/" in path):
                await here.looking.fresh()


async def test_who_had_attempts_is_known_after_a_restart_though_nothing_of_theirs_is_there(
    hadoop: HadoopInMemory,
) -> None:
    hadoop.files[f"{ROOT}/.owner.dave"] = b"-"  # as a stranger would have it
    hadoop.owners[f"{ROOT}/.owner.dave"] = "mallory"
    async with server(hadoop) as here:
        hadoop.modes[f"{ROOT}/.owner.carol"] = "600"
        await here.submission.submit(workload("carol"))
        await here.orders.remove(NAME)
    async with server(hadoop) as later:
        await later.looking.fresh()
        assert later.looking.owners == {"submarine", "carol"}


async def test_another_users_container_is_not_ones_own(hadoop: HadoopInMemory) -> None:
    async with server(hadoop) as here:
        await here.submission.submit(workload("carol", "sub-x-1"))
        await here.submission.submit(workload("dave", "sub-y-1"))
        await here.looking.fresh()
        hers = here.looking.attempts[NAME]
        assert await here.looking.theirs(hers, "container_1_1_01_000002")
        assert not await here.looking.theirs(hers, "container_1_2_01_000002")
        hers.closing = await here.looking.sealed(
            hers, Closing(Verdict("succeeded"), [], application="application_1_1")
        )
        hers.proved.clear()
        hadoop.apps.clear()  # which YARN forgets in time
        assert await here.looking.theirs(hers, "container_1_1_01_000002")
        hers.proved.clear()
        hers.closing = msgspec.structs.replace(hers.closing, application="application_1_2")
        assert not await here.looking.theirs(hers, "container_1_2_01_000002")
