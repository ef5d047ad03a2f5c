"""A cluster of played nodes: pods run at once, and end as their annotations say."""

from __future__ import annotations

import pytest

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.nodes import play
from tests.clusters.kubernetes.pods import job, python


@pytest.mark.parametrize(
    ("annotation", "condition"), [("succeeds-after", "Complete"), ("fails-after", "Failed")]
)
def test_a_played_job_ends_as_its_annotation_says(
    scale_cluster: KubernetesCluster, annotation: str, condition: str
) -> None:
    play(scale_cluster, 20)
    with scale_cluster.namespace() as namespace:
        ends = job("ends", python("print('never runs')"), 50)
        ends["spec"]["template"]["metadata"]["annotations"] = {f"submarine.test/{annotation}": "1s"}
        scale_cluster.apply(job("stays", python("print('never runs')"), 50), ends, namespace=namespace)
        scale_cluster.wait_for("job/stays", "jsonpath={.status.ready}=50", namespace)
        scale_cluster.wait_for("job/ends", f"condition={condition}", namespace)
        assert scale_cluster.get("job/stays", namespace)["status"]["active"] == 50
