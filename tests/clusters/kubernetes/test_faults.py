"""Its programs may be killed and frozen one by one, and what ran before runs on."""

from __future__ import annotations

import subprocess

import pytest

from tests.clusters.kubernetes.cluster import KubernetesCluster
from tests.clusters.kubernetes.pods import pod, python

COUNTS = "import time\nfor second in range(15): print('second', second, flush=True); time.sleep(1)"
PROGRAMS = ("kube-apiserver", "kubelet", "kube-controller-manager", "kube-scheduler", "containerd", "etcd")


def test_a_pod_outlives_a_kill_of_every_program(kubernetes: KubernetesCluster, namespace: str) -> None:
    kubernetes.apply(pod("survivor", python(COUNTS)), namespace=namespace)
    kubernetes.wait_for("pod/survivor", "condition=Ready", namespace)
    for program in PROGRAMS:
        kubernetes.kill(program)
        kubernetes.mend()
    kubernetes.wait_for("pod/survivor", "jsonpath={.status.phase}=Succeeded", namespace)
    assert kubernetes.kubectl("logs", "survivor", namespace=namespace).splitlines()[-1] == "second 14"
    (status,) = kubernetes.get("pod/survivor", namespace)["status"]["containerStatuses"]
    assert status["restartCount"] == 0
    kubernetes.apply(pod("next", python("print('still here')")), namespace=namespace)
    kubernetes.wait_for("pod/next", "jsonpath={.status.phase}=Succeeded", namespace)


def test_a_frozen_api_server_is_there_and_does_not_answer(kubernetes: KubernetesCluster) -> None:
    kubernetes.freeze("kube-apiserver")
    with pytest.raises(subprocess.TimeoutExpired):
        kubernetes.kubectl("get", "--raw", "/readyz", seconds=3)
    kubernetes.thaw("kube-apiserver")
    assert kubernetes.kubectl("get", "--raw", "/readyz", seconds=60) == "ok"
