"""What is left of an attempt that is removed, when the cluster is in a bad way: nothing, in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import msgspec
import pytest

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.ending import Orders
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.logs import Output
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.records import Closing, Plan, RolePlan, Run
from submarine.adapters.yarn.steward import Steward
from submarine.core.errors import UnavailableError
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.verdict import Verdict
from submarine.core.workloads.workload import Handle
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

NAME: Final = Handle("sub-x-1")
FOLDER: Final = f"/user/alice/.submarine/{NAME}"
OUTPUT: Final = "/logs/alice/bucket-logs-tfile/0007/application_1_7/node_1"


class Server(NamedTuple):
    orders: Orders
    output: Output
    files: Files


@asynccontextmanager
async def server(hadoop: HadoopInMemory) -> AsyncIterator[Server]:
    async with hadoop.serving():
        config = YarnConfig(
            resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice", logs="/logs"
        )
        async with Web.opened(config) as opened:
            files, manager = Files(config, WebHdfs(opened, (hadoop.url,))), Manager(config, opened)
            steward = Steward(manager, files, Listeners())
            look = Looking(Cluster(config, manager, files), steward.changed)
            output = Output(config, opened, manager, files, Nodes(config, manager))
            yield Server(Orders(config, manager, files, look, steward, output), output, files)


def put(hadoop: HadoopInMemory, name: str, document: object) -> None:
    hadoop.files[f"{FOLDER}/{name}"] = msgspec.json.encode(document)


async def test_a_removal_that_broke_off_is_done_again_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hadoop = HadoopInMemory()
    put(hadoop, "closing.json", Closing(Verdict("succeeded"), [], application="application_1_7"))
    hadoop.files[OUTPUT] = b"what it wrote"
    async with server(hadoop) as here:

        async def away(path: str, user: str) -> None:
            raise UnavailableError(f"{path} of {user}")

        with monkeypatch.context() as broken:
            broken.setattr(here.files, "erase", away)
            with pytest.raises(UnavailableError):
                await here.orders.remove(NAME)
        assert FOLDER + "/closing.json" in hadoop.files
        await here.orders.remove(NAME)  # YARN has forgotten the application meanwhile
        assert hadoop.files == {}


async def test_a_node_that_is_away_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was on it; else what many nodes took with them could not be removed for hours."""
    hadoop, asked = HadoopInMemory(), []
    put(hadoop, "plan.json", Plan((RolePlan("worker", 6),), success="all", kind="batch", form="service"))
    for index in range(6):
        container = f"container_1_0007_01_00000{index + 2}"
        put(hadoop, f"run.worker-{index}.{container}", Run(container, "h", 1, f"node-{index % 2}:8042"))
    async with server(hadoop) as here:

        async def runs(run: Run) -> bool:
            asked.append(run.node)
            raise UnavailableError(run.node)

        monkeypatch.setattr(here.output, "runs", runs)
        await here.orders.remove(NAME)
    assert sorted(asked) == ["node-0:8042", "node-1:8042"]
    assert hadoop.files == {}
