"""The operators do their work: a JobSet, a PyTorchJob and a TrainJob complete, and wrong ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clusters.kubernetes.cluster import KubectlError, KubernetesCluster

JOBS = Path(__file__).parent / "manifests" / "jobs"


@pytest.mark.parametrize(
    ("manifest", "what", "condition"),
    [
        ("jobset.yaml", "jobset/set", "Completed"),
        ("pytorchjob.yaml", "pytorchjob/torch", "Succeeded"),
        ("trainjob.yaml", "trainjob/train", "Complete"),
    ],
)
def test_replicas_made_by_an_operator_meet(
    kubernetes: KubernetesCluster, manifest: str, what: str, condition: str
) -> None:
    with kubernetes.namespace(labels={}) as namespace:
        kubernetes.kubectl("apply", "-f", str(JOBS / manifest), namespace=namespace)
        kubernetes.wait_for(what, f"condition={condition}", namespace)


@pytest.mark.parametrize(
    ("manifest", "right", "wrong"),
    [
        ("jobset.yaml", "operator: All", "operator: All, targetReplicatedJobs: [nobody]"),
        ("pytorchjob.yaml", "name: pytorch", "name: other"),
    ],
)
def test_an_operator_refuses_what_is_wrong(
    kubernetes: KubernetesCluster, namespace: str, manifest: str, right: str, wrong: str
) -> None:
    text = (JOBS / manifest).read_text().replace(right, wrong)
    with pytest.raises(KubectlError, match="denied the request"):
        kubernetes.kubectl("apply", "-f", "-", namespace=namespace, stdin=text)
