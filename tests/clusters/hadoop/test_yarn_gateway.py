"""Behind a gateway that asks for a password and rewrites addresses, jobs run as they do without."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from submarine.contracts.runtime.programs import Programs
from submarine.contracts.runtime.stage import Stage
from submarine.core.errors import AdapterError
from submarine.core.ports.runtime import RUNTIME
from submarine.core.workloads.observation import Phase
from submarine.core.workloads.resources import Resources
from submarine.plugins.registry import discover
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.gateway import gateway
from tests.clusters.hadoop.knox import TOPOLOGY, Knox, Login
from tests.clusters.hadoop.settings import yarn_options

PATIENCE: Final = 240.0
SIZE: Final = Resources(cpu=10, memory=128 * 2**20)
ALICE: Final = Login(user="alice", password="of/alice: ärger")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a certificate of localhost, and its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    words = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(["openssl", "req", "-x509", *words], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def knox(plain_hadoop: HadoopCluster) -> Knox:
    (master,) = plain_hadoop.endpoints["resourcemanagers"]
    return Knox(plain_hadoop.namenodes[0], master, ALICE)


@pytest.fixture
def port(knox: Knox, certificate: Path) -> Iterator[int]:
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(certificate)
    with gateway(knox, trust) as (_, port):
        yield port


def options(cluster: HadoopCluster, port: int, certificate: Path, **more: Any) -> Mapping[str, Any]:
    told = yarn_options(
        cluster,
        ALICE.user,
        gateway=f"https://localhost:{port}{TOPOLOGY}",
        password=ALICE.password,
        authority=f"{certificate}.crt",
        **more,
    )
    return {name: value for name, value in told.items() if name != "resource_managers"}


async def test_a_job_is_submitted_seen_read_and_ended_through_a_gateway(
    plain_hadoop: HadoopCluster, knox: Knox, port: int, certificate: Path
) -> None:
    told = options(plain_hadoop, port, certificate)
    async with discover().open(RUNTIME, "yarn", told) as runtime:
        assert (await runtime.capacity()).notes[0] == "jobs run as YARN services"
        stage = Stage(runtime, Programs(), SIZE, PATIENCE)
        try:
            runs = await stage.submit(stage.programs.runs("up"))
            fails = await stage.submit((stage.programs.python, "-c", "import os; os.kill(os.getppid(), 9)"))
            await stage.says(runs, "up")
            seen = await stage.phase(runs, Phase.RUNNING)
            assert seen.native["user"] == ALICE.user
            await runtime.cancel(runs, 1.0)
            assert (await stage.ended(runs)).phase is Phase.CANCELLED
            assert (await stage.text(runs)).startswith("up")
            # nobody but the timeline server knows of a launcher that was killed
            assert (await stage.ended(fails)).reason == "supervisor-lost"
        finally:
            await stage.clear()
    ways = {tuple(path.split("/")[:2]) for path in knox.passed}
    assert ways >= {("webhdfs", "v1"), ("webhdfs", "data"), ("yarnuiv2", "ws"), ("yarnuiv2", "timeline")}
    assert "yarnuiv2/app/v1/services" in knox.passed


async def test_a_wrong_password_is_said(plain_hadoop: HadoopCluster, port: int, certificate: Path) -> None:
    told = {**options(plain_hadoop, port, certificate), "password": "another"}
    async with discover().open(RUNTIME, "yarn", told) as runtime:
        with pytest.raises(AdapterError, match="401"):
            await runtime.capacity()
