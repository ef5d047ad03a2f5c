"""What travels into containers works there with an old Python and nothing else."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from submarine.adapters.frameworks.pytorch import PyTorch
from submarine.adapters.frameworks.tensorflow import TensorFlow
from submarine.adapters.yarn import job, kit, names, refusals, rendezvous, service
from submarine.adapters.yarn.capacity import Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.adapters.yarn.launcher.places import filler
from submarine.adapters.yarn.queues import Queue, Queues
from submarine.core.workloads.rendezvous import Framework
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Handle, Role, Workload, WorkloadKind

CONFIG = YarnConfig(resource_managers=("http://rm:8088",), name_nodes=("http://nn:9870",), user="alice")
PARTS = ("adapters/yarn/launcher/", "adapters/yarn/names.py", "core/preparation/")


WORKER = Role(name="worker", replicas=2, command=("true",), resources=Resources(cpu=1500, memory=2**20 + 1))


def workload(framework: Framework | None = None, **more: Any) -> Workload:
    wanted: dict[str, Any] = {"kind": WorkloadKind.BATCH, "roles": (WORKER,), **more}
    framework = framework or PyTorch()
    return Workload(name=Handle("sub-x-1"), job="x", attempt=1, framework=framework, **wanted)


def refused(
    *nodes: Resources, queues: Queues | None = None, services: bool | None = True, **more: Any
) -> str | None:
    return refusals.refusal(workload(**more), CONFIG, Seen(nodes, queues or Queues(), services))


def test_the_launcher_speaks_python_3_9() -> None:
    archive = zipfile.ZipFile(io.BytesIO(kit.content()))
    ours = [name for name in archive.namelist() if name.removeprefix("submarine/").startswith(PARTS)]
    assert len(ours) > 8
    for name in ours:
        ast.parse(archive.read(name), feature_version=(3, 9))


def test_the_launcher_needs_nothing_installed(tmp_path: Path) -> None:
    (tmp_path / "submarine.zip").write_bytes(kit.content())
    code = "import submarine.adapters.yarn.launcher.__main__, submarine.core.preparation.archive"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "submarine.zip")}
    subprocess.run([sys.executable, "-S", "-c", code], env=env, cwd=tmp_path, timeout=60, check=True)


def test_addresses_take_the_place_of_their_stand_ins() -> None:
    asked = workload(TensorFlow())
    fill = filler(rendezvous.stand_ins(asked), {"worker-0": "node-1:4001", "worker-1": "node-2:4002"})
    config = fill(rendezvous.variables(asked)["worker-1"]["TF_CONFIG"])
    assert '"worker": ["node-1:4001", "node-2:4002"]' in config
    assert fill("nothing of the kind") == "nothing of the kind"
    assert fill(rendezvous.variables(workload())["worker-1"]["MASTER_PORT"]) == "4001"


def test_a_service_has_a_component_for_each_role_and_no_secret() -> None:
    asked = workload(secrets={"SUBMARINE_TOKEN": "swordfish"}, queue="batch")
    spec = service.spec(CONFIG, asked)
    (component,) = spec["components"]
    assert (spec["name"], spec["queue"]) == ("sub-x-1", "batch")
    assert component["resource"] == {"cpus": 2, "memory": "2"}
    assert (component["number_of_containers"], component["restart_policy"]) == (2, "NEVER")
    assert "swordfish" not in repr(spec)
    assert job.document(CONFIG, asked, "alice")["secrets"] == {"SUBMARINE_TOKEN": "swordfish"}


def test_what_can_never_run_is_refused() -> None:
    assert "no node is large enough" in (refused(Resources(cpu=1000, memory=2**30)) or "")
    assert refused(Resources(cpu=2000, memory=2**30)) is None
    roles = tuple(Role(name=name, replicas=1, command=("true",)) for name in ("1", "role-1"))
    assert "role-1" in (refused(roles=roles) or "")


def test_a_cluster_without_services_refuses_them() -> None:
    assert refused(services=False) is None
    services = CONFIG.model_copy(update={"form": "service"})
    why = refusals.refusal(workload(), services, Seen(services=False))
    assert "yarn.webapp.api-service.enable" in (why or "")


def test_a_queue_that_is_not_there_refuses() -> None:
    queues = Queues((Queue("ml", "root.ml"),))
    assert refused(queues=queues, queue="ml") is None
    assert refused(queues=queues, queue="mll") == "there is no queue mll, but ml"


def test_newer_containers_are_told_from_older_ones() -> None:
    older, newer = "container_1_0001_01_000009", "container_e02_1_0001_01_000010"
    assert names.age(older) < names.age(newer)
    assert names.application(newer) == "application_1_0001"
    assert names.note(f"run.a-b-1.{older}") == ("run", "a-b", 1, older)
    assert names.note("plan.json") is None
