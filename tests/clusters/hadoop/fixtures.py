"""What a test may ask of a real Hadoop; one that asks is marked ``cluster``, for make test-clusters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clusters.hadoop.cluster import HadoopCluster, Profile, start_cluster
from tests.clusters.hadoop.gateway import Gateway, gateway
from tests.clusters.hadoop.settings import SHELL_JAR
from tests.clusters.scripts import CannotStartError

ASKED = frozenset({"plain_hadoop", "ha_hadoop", "secure_hadoop", "bare_hadoop", "either"})
LONG = ASKED - {"plain_hadoop"}
"""What starts a cluster more; left to the long runs."""
TIMEOUT = 900  # the first test starts the cluster, and may have to fetch it


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ASKED & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.cluster)
            brief = getattr(getattr(item, "cls", None), "brief", None)
            left_out = brief is not None and getattr(item, "originalname", None) not in brief
            if left_out or LONG & set(getattr(item, "fixturenames", ())):
                item.add_marker(pytest.mark.chaos)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="session")
def plain_hadoop() -> Iterator[HadoopCluster]:
    """Return a cluster that believes every name; one that was not running is ended after the last test."""
    yield from _cluster("plain")


@pytest.fixture(scope="session")
def ha_hadoop() -> Iterator[HadoopCluster]:
    """Return a cluster with two NameNodes and two ResourceManagers."""
    yield from _cluster("ha")


@pytest.fixture(scope="session")
def secure_hadoop() -> Iterator[HadoopCluster]:
    """Return a cluster with Kerberos everywhere."""
    yield from _cluster("secure")


@pytest.fixture(scope="session")
def bare_hadoop() -> Iterator[HadoopCluster]:
    """Return a cluster without YARN's services, and with the distributed shell on HDFS alone."""
    for cluster in _cluster("bare"):
        cluster.bring(SHELL_JAR, Path(cluster.endpoints["shell"]).read_bytes())
        yield cluster


@pytest.fixture(scope="session")
def plain_gateway(plain_hadoop: HadoopCluster) -> Iterator[tuple[str, int]]:
    """Return host and port that stand for the whole HDFS of the plain cluster."""
    with gateway(Gateway(plain_hadoop.namenodes[0])) as place:
        yield place


@pytest.fixture(scope="session")
def secure_gateway(secure_hadoop: HadoopCluster) -> Iterator[tuple[str, int]]:
    """Return host and port that stand for the whole HDFS of the secure cluster."""
    with gateway(Gateway(secure_hadoop.namenodes[0])) as place:
        yield place


@pytest.fixture
def hadoop(plain_hadoop: HadoopCluster) -> Iterator[HadoopCluster]:
    """Return the plain cluster; what the test kills or freezes runs again afterwards."""
    yield plain_hadoop
    plain_hadoop.mend()


@pytest.fixture(params=["plain_hadoop", "bare_hadoop"], ids=["service", "shell"])
def either(request: pytest.FixtureRequest) -> Iterator[HadoopCluster]:
    """Return a cluster for each form of jobs; what the test kills or freezes runs again afterwards."""
    cluster: HadoopCluster = request.getfixturevalue(request.param)
    yield cluster
    cluster.mend()


@pytest.fixture
def kerberos(secure_hadoop: HadoopCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[HadoopCluster]:
    """Return the secure cluster, whose realm is ours; what the test kills runs again afterwards."""
    monkeypatch.setenv("KRB5_CONFIG", str(secure_hadoop.realm))
    yield secure_hadoop
    secure_hadoop.mend()


def _cluster(profile: Profile) -> Iterator[HadoopCluster]:
    run_dir = Path(os.environ.get("SUBMARINE_HADOOP", "/tmp/submarine-hadoop") + f"-{profile}")
    running = (run_dir / "endpoints.json").exists()
    try:
        cluster = start_cluster(run_dir, profile)
    except CannotStartError as error:
        pytest.exit(str(error), returncode=3)
    yield cluster
    if not running:
        cluster.down()
