"""The demo's spec, unchanged, learns in YARN's containers what it learns on one machine, its code on HDFS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

import submarine
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import CLUSTER, hdfs_table, yarn_table
from tests.clusters.tables import LOCAL
from tests.clusters.training import PATIENCE, learned_the_same, train
from tests.entrypoints.server import Server


@pytest.fixture(scope="module")
def server(
    plain_hadoop: HadoopCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server whose cluster and whose store are Hadoop's; and where its objects are."""
    objects = f"/user/submarine/objects-{uuid.uuid4().hex[:8]}"
    config = hdfs_table(plain_hadoop, objects) + yarn_table(plain_hadoop) + LOCAL
    server = Server(tmp_path_factory.mktemp("training"), config)
    try:
        server.start()
        yield server, objects
    finally:
        server.stop()


@pytest.mark.chaos
@pytest.mark.timeout(3 * PATIENCE)
def test_containers_learn_what_processes_learn(
    plain_hadoop: HadoopCluster, server: tuple[Server, str]
) -> None:
    ours, objects = server
    with submarine.Client(ours.url, ours.token, retry_for=60) as client:
        local, trained = train(client, "local"), train(client, CLUSTER)
        artifact = learned_the_same(client, trained, local)
        kept = plain_hadoop.as_root("GET", "GETCONTENTSUMMARY", objects)["ContentSummary"]
        assert kept["length"] > artifact.size
