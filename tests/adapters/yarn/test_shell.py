"""A container of the distributed shell runs one replica by its script alone, and none that is another's."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import secrets
import sys
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from submarine.adapters.frameworks.pytorch import PyTorch
from submarine.adapters.hadoop.web import Web
from submarine.adapters.hadoop.webhdfs import FileStatus, WebHdfs
from submarine.adapters.yarn import forms, shell
from submarine.adapters.yarn.cache import Attempt
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.files import Files
from submarine.adapters.yarn.forms.form import Cluster
from submarine.adapters.yarn.forms.shell import Shell
from submarine.adapters.yarn.manager import Manager
from submarine.core.errors import FullError, InvalidError
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Remote, Role, Workload, WorkloadKind
from tests.adapters.yarn.hadoop_in_memory import HadoopInMemory

NAME: Final = Handle("sub-x-1")
FOLDER: Final = f"/user/alice/.submarine/{NAME}"
SECONDS: Final = 60.0
CLUSTER: Final = secrets.randbelow(10**12)
FIRST, SECOND, THIRD = (f"container_{CLUSTER}_0001_01_00000{number}" for number in (2, 3, 4))
"""By these names launchers find what is to be killed, on all of this machine: nobody else has them."""
WHO: Final = ("bash", "-c", "echo $SUBMARINE_REPLICA; exit 3")


@pytest.fixture
async def hadoop() -> AsyncIterator[HadoopInMemory]:
    hadoop = HadoopInMemory()
    hadoop.files[f"{FOLDER}/plan.json"] = b"{}"
    async with hadoop.serving():
        yield hadoop


def config(url: str = "http://hadoop:1", **more: Any) -> YarnConfig:
    told: dict[str, Any] = {"resource_managers": (url,), "name_nodes": (url,), "user": "alice"}
    return YarnConfig(**{**told, "python": (sys.executable,), "orders": 0.5, "form": "shell", **more})


def role(*command: str, name: str = "worker", replicas: int = 1, **more: Any) -> Role:
    return Role(name=name, replicas=replicas, command=command, **more)


def workload(*roles: Role, **more: Any) -> Workload:
    wanted: dict[str, Any] = {"kind": WorkloadKind.BATCH, "framework": PyTorch(), **more}
    return Workload(name=NAME, job="x", attempt=1, roles=roles, **wanted)


async def container(
    folder: Path, hadoop: HadoopInMemory, asked: Workload, name: str, number: int = 1
) -> tuple[int, str]:
    """Do as YARN does with the script; return exit code and output."""
    place = folder / name
    place.mkdir()
    script = Shell().files(asked, config(hadoop.url))[f"{shell.SCRIPT}.sh"]
    (place / "ExecScript.sh").write_bytes(script)
    env = {
        "PATH": os.environ["PATH"],
        "CONTAINER_ID": name,
        "YARN_SHELL_ID": str(number),
        "LOG_DIRS": f"{place},/elsewhere",
        "NM_HOST": "127.0.0.1",
    }
    process = await asyncio.create_subprocess_exec("bash", "ExecScript.sh", cwd=place, env=env)
    try:
        async with asyncio.timeout(SECONDS):
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return code, (place / "stdout.txt").read_text()


def ends(hadoop: HadoopInMemory) -> dict[str, Any]:
    """Return what launchers told last, by container."""
    found = [json.loads(c) for n, c in hadoop.files.items() if n.startswith(f"{FOLDER}/end.")]
    return {end["container"]: end for end in found}


async def test_its_script_is_all_that_a_container_needs(tmp_path: Path, hadoop: HadoopInMemory) -> None:
    asked = workload(role(*WHO), secrets={"SUBMARINE_TOKEN": "swordfish"})
    assert await container(tmp_path, hadoop, asked, FIRST) == (3, "worker-0\n")
    assert ends(hadoop)[FIRST]["code"] == 3


async def test_containers_take_different_replicas_whatever_their_numbers(
    tmp_path: Path, hadoop: HadoopInMemory
) -> None:
    asked = workload(role(*WHO, name="ps"), role(*WHO, replicas=2))
    # The third has the number of the first: its master is another one, which counts anew.
    numbers = {FIRST: 1, SECOND: 2, THIRD: 1}
    found = await asyncio.gather(*(container(tmp_path, hadoop, asked, *each) for each in numbers.items()))
    assert sorted(said for _, said in found) == ["ps-0\n", "worker-0\n", "worker-1\n"]


async def test_a_container_too_many_begins_nothing(tmp_path: Path, hadoop: HadoopInMemory) -> None:
    asked = workload(role(*WHO))
    await container(tmp_path, hadoop, asked, FIRST)
    code, said = await container(tmp_path, hadoop, asked, SECOND, 2)
    assert (code, said) == (0, "submarine: other containers have begun all replicas\n")
    assert ends(hadoop).keys() == {FIRST}


async def test_a_lone_service_is_taken_over_from_a_container_that_was_lost(
    tmp_path: Path, hadoop: HadoopInMemory
) -> None:
    hadoop.files[f"{FOLDER}/seat.worker-0"] = json.dumps({"container": FIRST}).encode()
    hadoop.files[f"{FOLDER}/cancel.json"] = b'{"grace":1.0}'
    asked = workload(role("sleep", "600"), kind=WorkloadKind.SERVICE)
    assert (await container(tmp_path, hadoop, asked, SECOND, 2))[0] == 0
    assert json.loads(hadoop.files[f"{FOLDER}/seat.worker-0"]) == {"container": SECOND}


async def test_a_service_begins_again_in_its_container_until_it_is_cancelled(
    tmp_path: Path, hadoop: HadoopInMemory
) -> None:
    asked = workload(role("bash", "-c", "echo up; exit 1"), kind=WorkloadKind.SERVICE)
    running = asyncio.create_task(container(tmp_path, hadoop, asked, FIRST))
    output = tmp_path / FIRST / "stdout.txt"
    async with asyncio.timeout(SECONDS):
        while not output.exists() or output.read_text().count("up") < 2:
            await asyncio.sleep(0.05)
    assert not running.done()
    hadoop.files[f"{FOLDER}/cancel.json"] = b'{"grace":1.0}'
    code, said = await running
    assert (code, set(said.split())) == (0, {"up"})
    assert ends(hadoop)[FIRST]["cause"] == "cancelled"


async def test_code_is_fetched_from_hdfs(tmp_path: Path, hadoop: HadoopInMemory) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        entry = tarfile.TarInfo("said.txt")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"ahoy\n"))
    hadoop.files["/code/x.tar.gz"] = content.getvalue()
    asked = workload(role("cat", "said.txt"), source=Remote(uri="hdfs://nn:8020/code/x.tar.gz"))
    assert await container(tmp_path, hadoop, asked, FIRST) == (0, "ahoy\n")


async def test_code_that_is_not_there_is_said_so(tmp_path: Path, hadoop: HadoopInMemory) -> None:
    asked = workload(role("true"), source=Remote(uri="hdfs://nn:8020/code/x.tar.gz"))
    await container(tmp_path, hadoop, asked, FIRST)
    end = ends(hadoop)[FIRST]
    assert end["cause"] == "preparation-failed"
    assert end["message"] == "there is nothing at /code/x.tar.gz on HDFS"


def given(**more: Any) -> shell.Given:
    script = FileStatus(name="", folder=False, size=9, modified=8, owner="alice", mode=0o600)
    return shell.Given(
        filesystem="hdfs://nn:8020", classpath="$HADOOP_CONF_DIR,/lib/*", script=script, **more
    )


def test_one_application_asks_for_containers_as_large_as_the_largest_role() -> None:
    gpu = {"nvidia.com/gpu": 1}
    asked = workload(
        role("true", name="ps", resources=Resources(cpu=4000, memory=2**30, extra=gpu)),
        role("true", replicas=2, resources=Resources(cpu=500, memory=2**31, extra=gpu)),
        secrets={"SUBMARINE_TOKEN": "swordfish"},
        priority=7,
    )
    told = shell.submission(config(placement={"*": "fast"}), asked, "application_1_1", given())
    (command,) = told["am-container-spec"]["commands"].values()
    for option in (
        "--num_containers 3",
        "--container_memory 2048",
        "--container_vcores 4",
        "--container_resources yarn.io/gpu=1",
    ):
        assert f" {option} " in command
    assert (told["application-id"], told["priority"]) == ("application_1_1", 7)
    assert told["app-node-label-expression"] == "fast"
    assert "swordfish" not in repr(told)


def test_the_jar_is_brought_where_the_setting_names_one() -> None:
    jar = FileStatus(name="", folder=False, size=3, modified=2, owner="root", mode=0o644)
    told = shell.submission(config(shell_jar="/lib/ds.jar"), workload(role("true")), "a", given(jar=jar))
    (entry,) = told["am-container-spec"]["local-resources"]["entry"]
    assert entry["value"]["resource"] == "hdfs://nn:8020/lib/ds.jar"
    variables = {each["key"]: each["value"] for each in told["am-container-spec"]["environment"]["entry"]}
    assert variables["CLASSPATH"] == f"{entry['key']}:$HADOOP_CONF_DIR:/lib/*"


@pytest.mark.parametrize(
    ("roles", "more", "said"),
    [
        (("ps", "worker"), {}, "different devices"),
        (("worker",), {"placement": {"worker": "fast"}}, "placement names one of its roles"),
    ],
)
def test_what_equal_containers_cannot_be_for_is_refused(
    roles: tuple[str, ...], more: dict[str, Any], said: str
) -> None:
    asked = workload(
        *(role("true", name=name, resources=Resources(extra={"gpu": n})) for n, name in enumerate(roles))
    )
    assert said in (Shell().refusal(asked, config(**more), Seen()) or "")


def test_what_a_shell_would_read_otherwise_is_no_device() -> None:
    asked = workload(role("true", resources=Resources(extra={"gpu; reboot": 1})))
    assert Shell().refusal(asked, config(), Seen()) == "'gpu; reboot' is not the name of a device"


def test_no_node_is_large_enough_for_all_that_its_roles_need_together() -> None:
    nodes = (Resources(cpu=4000, memory=2**30), Resources(cpu=1000, memory=2**32))
    one, other = Resources(cpu=4000, memory=2**29), Resources(cpu=100, memory=2**32)
    asked = workload(role("true", name="ps", resources=one), role("true", resources=other))
    assert "no node is large enough" in (Shell().refusal(asked, config(), Seen(nodes)) or "")


@pytest.mark.parametrize(
    ("wanted", "services", "form"),
    [
        ("auto", True, "service"),
        ("auto", None, "service"),
        ("auto", False, "shell"),
        ("service", False, "service"),
        ("shell", True, "shell"),
    ],
)
def test_a_job_takes_the_form_that_is_asked_for_or_offered(
    wanted: str, services: bool | None, form: str
) -> None:
    assert forms.choose(config(form=wanted), Seen(services=services)).name == form


def test_why_it_is_this_form_is_told() -> None:
    off = Seen(services=False)
    assert forms.told(config(form="auto"), off) == (
        "as a distributed shell application, as the services API is off"
    )
    assert forms.note(config(), off) == "jobs run as distributed shell applications, as the settings say"


async def start(hadoop: HadoopInMemory, *, times: int = 1) -> None:
    """Have it started by so many servers at once."""
    told = config(hadoop.url)
    hadoop.files[f"{FOLDER}/main.sh"] = b"script"
    async with Web.opened(told) as web:
        cluster = Cluster(told, Manager(told, web), Files(told, WebHdfs(web, (hadoop.url,))))
        attempts = [Attempt(handle=NAME, owner="alice") for _ in range(times)]
        await asyncio.gather(
            *(Shell().start(cluster, workload(role("true")), attempt) for attempt in attempts)
        )


async def test_the_id_is_taken_once_and_submitted_as_often_as_it_is_asked_for(hadoop: HadoopInMemory) -> None:
    await start(hadoop, times=2)
    assert [app["name"] for app in hadoop.apps] == [NAME]
    assert json.loads(hadoop.files[f"{FOLDER}/application.json"]) == {"id": hadoop.apps[0]["id"]}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Queue root.batch already has 5 applications, cannot accept submission of application", FullError),
        ("Queue root.batch is STOPPED. Cannot accept submission of application", InvalidError),
        ("Application application_1_1 submitted by user alice to unknown queue: nowhere", InvalidError),
    ],
)
async def test_what_no_queue_takes_is_refused(
    hadoop: HadoopInMemory, said: str, error: type[Exception]
) -> None:
    hadoop.refusing = said
    with pytest.raises(error, match=re.escape(said)):
        await start(hadoop)
