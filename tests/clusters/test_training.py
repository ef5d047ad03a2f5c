"""One spec on all runtimes of one server at the same time learns the same, step by step, on real clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

import submarine
from tests.clusters.hadoop.cluster import HadoopCluster
from tests.clusters.hadoop.settings import CLUSTER as YARN
from tests.clusters.hadoop.settings import yarn_table
from tests.clusters.kubernetes.cluster import RESTRICTED, KubernetesCluster
from tests.clusters.kubernetes.several import several
from tests.clusters.tables import LOCAL
from tests.clusters.training import PATIENCE, learned_the_same, train_on

KUBERNETES: Final = "kube"
ALL: Final = ("local", KUBERNETES, YARN)


@pytest.mark.chaos
@pytest.mark.timeout(4 * PATIENCE)
def test_one_spec_learns_the_same_on_this_machine_in_pods_and_in_yarns_containers(
    kubernetes_cluster: KubernetesCluster, either: HadoopCluster, tmp_path: Path
) -> None:
    more = yarn_table(either) + LOCAL
    with (
        kubernetes_cluster.namespace(RESTRICTED) as namespace,
        several(kubernetes_cluster, tmp_path, {KUBERNETES: namespace}, {KUBERNETES: {}}, more) as place,
        submarine.Client(place.server.url, place.server.token, retry_for=60) as client,
    ):
        on_one_machine, in_pods, in_containers = trained = train_on(client, *ALL)
        assert [each.cluster for each in trained] == list(ALL)
        for other in (in_pods, in_containers):
            learned_the_same(client, other, on_one_machine)
