"""Which form a workload takes, and what it looks like in it."""

from __future__ import annotations

from typing import Any

import pytest

from submarine.adapters.frameworks.mpi import Mpi
from submarine.adapters.frameworks.none import NoFramework
from submarine.adapters.frameworks.tensorflow import TensorFlow
from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.forms import FORMS, choose
from submarine.adapters.kubernetes.forms.form import Installed
from submarine.adapters.kubernetes.kueue import QUEUE, queued
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Workload
from tests.adapters.kubernetes.workloads import NAME, role, workload

EVERYTHING: Installed = frozenset(
    {"jobset.x-k8s.io/v1alpha2", "kubeflow.org/v1", "trainer.kubeflow.org/v1alpha1", "kueue.x-k8s.io/v1beta1"}
)
JOBSET: Installed = frozenset({"jobset.x-k8s.io/v1alpha2"})
TRAINING: Installed = frozenset({"kubeflow.org/v1"})
PAIR = workload(role("chief"), role(replicas=2), framework=NoFramework())


def config(**more: Any) -> KubernetesConfig:
    return KubernetesConfig(**{"image": "python:3", "operators": True, **more})


def objects(work: Workload, installed: Installed, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    form, _ = choose(work, config(**more), installed)
    return [(k.kind, body) for k, body in form.objects(PodTemplates(config(), work, "kit", form.shape))]


@pytest.mark.parametrize(
    ("work", "installed", "form"),
    [
        (workload(), frozenset(), "indexed-job"),
        (workload(), EVERYTHING, "train-job"),
        (workload(role(replicas=2)), TRAINING, "pytorch-job"),
        (workload(role(replicas=3)), TRAINING, "indexed-job"),
        (workload(role("master"), role(replicas=3)), TRAINING, "pytorch-job"),
        (workload(role("ps"), role(replicas=2), framework=TensorFlow()), TRAINING, "tf-job"),
        (workload(role("boss"), role(), framework=TensorFlow()), TRAINING, "jobs-by-role"),
        (workload(role("launcher"), role(replicas=2), framework=Mpi()), TRAINING, "mpi-job"),
        (PAIR, JOBSET, "job-set"),
        (PAIR, frozenset(), "jobs-by-role"),
    ],
)
def test_the_form_follows_from_the_workload_and_the_cluster(
    work: Workload, installed: Installed, form: str
) -> None:
    found, why = choose(work, config(), installed)
    assert found.name == form
    assert why


def test_training_operators_are_used_only_where_the_operator_asks() -> None:
    assert choose(workload(), config(operators=False), EVERYTHING)[0].name == "indexed-job"
    assert choose(PAIR, config(operators=False), EVERYTHING)[0].name == "job-set"


def test_only_forms_that_are_allowed_are_taken() -> None:
    assert choose(PAIR, config(forms=["jobs-by-role"]), EVERYTHING)[0].name == "jobs-by-role"
    with pytest.raises(InvalidError, match="indexed-job"):
        choose(PAIR, config(forms=["indexed-job"]), EVERYTHING)


def test_no_two_forms_have_one_name() -> None:
    assert len({form.name for form in FORMS}) == len(FORMS)


def test_a_job_set_has_a_job_a_role_and_leaves_names_to_us() -> None:
    ((kind, body),) = objects(PAIR, JOBSET)
    assert (kind, body["spec"]["network"]) == ("JobSet", {"enableDNSHostnames": False})
    assert [job["name"] for job in body["spec"]["replicatedJobs"]] == ["chief", "worker"]
    worker = body["spec"]["replicatedJobs"][1]["template"]
    assert worker["metadata"]["labels"]["submarine/role"] == "worker"
    assert (worker["spec"]["completions"], worker["spec"]["backoffLimitPerIndex"]) == (2, 0)


def test_hosts_in_a_job_set_are_those_it_will_give() -> None:
    work = workload(role("chief"), role("helper"))
    ((_, body),) = objects(work, JOBSET)
    pod = body["spec"]["replicatedJobs"][1]["template"]["spec"]["template"]["spec"]
    said = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    assert said["MASTER_ADDR"] == f"{NAME}-chief-0-0.{NAME}.submarine.svc.cluster.local"


def test_two_workers_of_pytorch_are_a_master_and_a_worker_that_know_their_index() -> None:
    ((kind, body),) = objects(workload(role(replicas=2)), TRAINING)
    replicas = body["spec"]["pytorchReplicaSpecs"]
    assert (kind, list(replicas)) == ("PyTorchJob", ["Master", "Worker"])
    assert body["spec"]["runPolicy"]["cleanPodPolicy"] == "None"
    worker = replicas["Worker"]["template"]
    assert worker["metadata"]["labels"]["submarine/index"] == "1"
    (container,) = worker["spec"]["containers"]
    assert container["name"] == "pytorch"
    assert "RANK" not in {entry["name"] for entry in container["env"]}


def test_a_train_job_stands_on_a_runtime_of_its_own() -> None:
    (runtime, body), (kind, job) = objects(workload(role(replicas=4)), EVERYTHING)
    assert (runtime, kind) == ("TrainingRuntime", "TrainJob")
    assert body["spec"]["mlPolicy"]["numNodes"] == job["spec"]["trainer"]["numNodes"] == 4
    (node,) = body["spec"]["template"]["spec"]["replicatedJobs"]
    (container,) = node["template"]["spec"]["template"]["spec"]["containers"]
    said = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert said["MASTER_ADDR"] == f"{NAME}-node-0-0.{NAME}.submarine.svc.cluster.local"
    assert said["RANK"] == "$(SUBMARINE_INDEX)"


def test_a_queue_is_kueue_s_where_there_is_kueue() -> None:
    work = workload()
    form, _ = choose(work, config(operators=False), EVERYTHING)
    made = form.objects(PodTemplates(config(), work, "kit", form.shape))
    ((_, job),) = queued(made, "research", EVERYTHING)
    assert job["metadata"]["labels"][QUEUE] == "research"
    assert job["spec"]["suspend"] is True
    assert queued(made, "research", frozenset()) is made
    assert queued(made, None, EVERYTHING) is made
