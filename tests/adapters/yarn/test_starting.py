"""A service is started once, whatever the ResourceManager says to those who ask at the same moment."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import WebHdfs
from submarine.adapters.yarn.capacity import Size
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.looking import Looking
from submarine.adapters.yarn.manager import Manager
from submarine.adapters.yarn.nodes import Nodes
from submarine.adapters.yarn.starting import Starter
from submarine.adapters.yarn.steward import Steward
from submarine.adapters.yarn.submission import Submission
from submarine.contracts.runtime.stage import Rendezvous
from submarine.core.errors import BusyError, FullError, InvalidError, UnavailableError
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.telling import Listeners
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

NAME: Final = Handle("sub-x-1")
SPEC: Final = {"name": NAME}
KEPT: Final = f"/user/alice/.yarn/services/{NAME}"
LEASE: Final = (
    f"File does not exist: {KEPT}/{NAME}.json (inode 16433) Holder DFSClient_-5_29 does not have any open "
    "files.\n\tat org.apache.hadoop.hdfs.server.namenode.FSNamesystem.checkLease(FSNamesystem.java:3188)"
)
CREATING: Final = (
    f"Failed to CREATE_FILE {KEPT}/{NAME}.json for DFSClient_1 on 127.0.0.1 because this file lease "
    "is currently owned by DFSClient_2 on 127.0.0.1"
)
TAKEN: Final = f"Service name {NAME} is already taken."
LARGE: Final = (
    "Component w: specified number of virtual core (9) is larger than configured max virtual core size (8)"
)
FORBIDDEN: Final = (
    "AccessControlException: User bob does not have permission to submit application_1_1 to queue tiny"
)
LIBRARY: Final = f"File does not exist: hdfs://nn:8020{KEPT}/lib/yarn-service.jar"
STOPPED: Final = (
    "Failed to submit application_1_1 to YARN : org.apache.hadoop.security.AccessControlException: "
    "Queue root.batch is STOPPED. Cannot accept submission of application: application_1_1"
)
CROWDED: Final = (
    "Failed to submit application_1_1 to YARN : org.apache.hadoop.security.AccessControlException: "
    "Queue root.batch already has 5 applications, cannot accept submission of application: application_1_1"
)


HOMELESS: Final = 'Permission denied: user=carol, access=WRITE, inode="/user":root:root:drwxr-xr-x'
QUOTA: Final = (
    "The NameSpace quota (directories and files) of directory /user/carol is exceeded: quota=1 file count=2"
)


class Refusing:
    """A ResourceManager and a NameNode in few words; the texts are those of Hadoop 3.4.2."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.posts = 0
        self.apps: list[dict[str, Any]] = []
        self.kept: float | None = None
        """Age in seconds of what is written down of the service, if anything is."""
        self.put_aside: list[str] = []
        self.asked: Callable[[], None] = lambda: None

    async def post(self, _: web.Request) -> web.Response:
        self.posts += 1
        status, said = self.answers.pop(0)
        if status == 202:
            self.started()
        return web.json_response({"diagnostics": said}, status=status)

    def started(self, state: str = "ACCEPTED") -> None:
        number = len(self.apps) + 1
        self.apps.append(
            {"id": f"application_1_{number}", "name": NAME, "state": state, "startedTime": number}
        )

    async def listed(self, _: web.Request) -> web.Response:
        self.asked()
        return web.json_response({"apps": {"app": self.apps}})

    async def hdfs(self, request: web.Request) -> web.Response:
        operation = request.query["op"]
        if operation == "RENAME":
            self.put_aside.append(re.sub(r"\d+$", "N", request.query["destination"]))
            self.kept = None
            return web.Response()
        if request.path.rstrip("/") == "/webhdfs/v1":
            return web.json_response(_status(0.0), headers={"Date": formatdate(usegmt=True)})
        if self.kept is None:
            gone = {"exception": "FileNotFoundException", "message": "no"}
            return web.json_response({"RemoteException": gone}, status=404)
        return web.json_response(_status(self.kept))


def _status(age: float) -> dict[str, Any]:
    modified = int((time.time() - age) * 1000)
    told = {
        "pathSuffix": "",
        "type": "FILE",
        "length": 1,
        "modificationTime": modified,
        "owner": "alice",
        "permission": "600",
    }
    return {"FileStatus": told}


@asynccontextmanager
async def starting(cluster: Refusing) -> AsyncIterator[Starter]:
    app = web.Application()
    app.router.add_post("/app/v1/services", cluster.post)
    app.router.add_get("/ws/v1/cluster/apps", cluster.listed)
    app.router.add_route("*", "/webhdfs/v1{path:.*}", cluster.hdfs)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        config = YarnConfig(resource_managers=(url,), name_nodes=(url,), user="alice")
        async with Web.opened(config) as opened:
            yield Starter(Manager(config, opened), Files(config, WebHdfs(opened, (url,))))


@pytest.fixture
def cluster() -> Refusing:
    return Refusing()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("submarine.adapters.yarn.starting._APPEARS", (0.0, 0.01, 0.01))


@pytest.mark.parametrize("said", [LEASE, CREATING, TAKEN], ids=["lease", "creating", "taken"])
async def test_who_comes_second_finds_the_application_of_the_first(cluster: Refusing, said: str) -> None:
    cluster.answers = [(500, said)]
    looks = iter(range(10))
    cluster.asked = lambda: cluster.started() if next(looks) == 1 else None  # not at the first look
    async with starting(cluster) as starter:
        await starter.start(NAME, SPEC, "alice")
    assert cluster.posts == 1
    assert not cluster.put_aside


@pytest.mark.parametrize("said", [LEASE, CREATING, TAKEN], ids=["lease", "creating", "taken"])
async def test_who_does_not_see_it_yet_asks_again_later(cluster: Refusing, said: str) -> None:
    cluster.answers = [(500, said)]
    cluster.kept = 20.0
    async with starting(cluster) as starter:
        with pytest.raises(BusyError, match="started by somebody else"):
            await starter.start(NAME, SPEC, "alice")
    assert cluster.posts == 1
    assert not cluster.put_aside


async def test_a_name_that_a_dead_resource_manager_left_taken_is_freed(cluster: Refusing) -> None:
    cluster.answers = [(500, TAKEN), (202, "Application ID: application_1_1")]
    cluster.kept = 90.0
    async with starting(cluster) as starter:
        await starter.start(NAME, SPEC, "alice")
    assert cluster.put_aside == [f"/user/alice/.submarine/{NAME}/left.N"]
    assert len(cluster.apps) == 1


async def test_a_name_whose_application_is_over_is_not_freed(cluster: Refusing) -> None:
    cluster.answers = [(500, TAKEN)]
    cluster.kept = 90.0
    cluster.started("FINISHED")
    async with starting(cluster) as starter:
        await starter.start(NAME, SPEC, "alice")
    assert not cluster.put_aside


async def test_what_was_taken_away_by_the_other_call_is_asked_for_once_more(cluster: Refusing) -> None:
    cluster.answers = [(500, LEASE), (202, "Application ID: application_1_1")]
    async with starting(cluster) as starter:
        await starter.start(NAME, SPEC, "alice")
    assert cluster.posts == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Invalid service name"),
        (500, "Failed to submit application_1_1 to YARN : submitted by user alice to unknown queue: nowhere"),
        (500, STOPPED),
        (500, "File does not exist: /nowhere/e.tar.gz"),
        (500, LARGE),
        (500, FORBIDDEN),
        (500, HOMELESS),
    ],
)
async def test_a_judgement_is_one_unless_somebody_else_s_call_was_heard(
    cluster: Refusing, status: int, said: str
) -> None:
    cluster.answers = [(status, said), (status, said)]
    async with starting(cluster) as starter:
        cluster.started("FAILED")  # as a queue's refusal leaves it
        with pytest.raises(InvalidError):
            await starter.start(NAME, SPEC, "alice")
        cluster.started()
        await starter.start(NAME, SPEC, "alice")


@pytest.mark.parametrize("said", [CROWDED, QUOTA], ids=["queue", "quota"])
async def test_what_is_full_now_is_no_judgement(cluster: Refusing, said: str) -> None:
    cluster.answers = [(500, said)]
    async with starting(cluster) as starter:
        with pytest.raises(FullError, match=r"already has 5 applications|/user/carol is exceeded"):
            await starter.start(NAME, SPEC, "alice")


@pytest.mark.parametrize("said", ["java.lang.InterruptedException", "Filesystem closed", "null", LIBRARY])
async def test_what_nobody_understands_is_no_judgement(cluster: Refusing, said: str) -> None:
    cluster.answers = [(500, said)]
    async with starting(cluster) as starter:
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(starter.start(NAME, SPEC, "alice"), 30)


async def test_of_calls_for_one_attempt_one_is_at_yarn_at_a_time() -> None:
    hadoop = HadoopInMemory()
    role = Role(name="worker", replicas=1, command=("true",), resources=Resources(cpu=10))
    more: Any = {"kind": WorkloadKind.BATCH, "framework": Rendezvous(), "roles": (role,)}
    workload = Workload(name=NAME, job="x", attempt=1, **more)
    async with hadoop.serving():
        config = YarnConfig(resource_managers=(hadoop.url,), name_nodes=(hadoop.url,), user="alice")
        async with Web.opened(config) as opened:
            submission = _submission(config, opened)
            await asyncio.gather(*(submission.submit(workload) for _ in range(4)))
    assert hadoop.at_once == 1
    assert len(hadoop.apps) == 1


def _submission(config: YarnConfig, opened: Web) -> Submission:
    manager, files = Manager(config, opened), Files(config, WebHdfs(opened, config.name_nodes))
    cluster = Cluster(config, manager, files)
    steward = Steward(manager, files, Listeners())
    size = Size(manager, Nodes(config, manager), {}, lambda _: "")
    return Submission(cluster, size, Looking(cluster, steward.changed), steward)
