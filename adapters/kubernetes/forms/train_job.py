"""One role of PyTorch where Kubeflow's trainer (v2) is installed: a TrainJob on a runtime of its own.

The runtime holds the pod template. The trainer sets what torchrun reads (``PET_``), and we set what
``init_process_group`` reads, for a command may be either.
"""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.forms.indexed_job import jobs_of
from submarine.adapters.kubernetes.kinds import JOB_SETS, JOBS, TRAIN_JOBS, TRAINING_RUNTIMES, AnyKind
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Workload, WorkloadKind

_NODE = "node"


def _host(handle: str, role: str, index: int) -> str:  # noqa: ARG001 - the trainer calls its Job so, whatever the role
    return f"{handle}-{_NODE}-0-{index}"


class TrainJob:
    """A trainer.kubeflow.org/v1alpha1 TrainJob."""

    name: str = "train-job"
    kinds: tuple[AnyKind, ...] = (TRAIN_JOBS, JOB_SETS, JOBS)
    made: tuple[AnyKind, ...] = (TRAINING_RUNTIMES, TRAIN_JOBS)
    restless: bool = True
    claims: str = ""
    needs: str = TRAIN_JOBS.version
    asked: bool = True
    shape: Shape = Shape(host=_host, container=_NODE, service=False)

    def suits(self, workload: Workload) -> str | None:
        """Take every batch of one role whose framework is PyTorch."""
        if workload.kind is not WorkloadKind.BATCH or len(workload.roles) != 1:
            return None
        return "its framework is pytorch, and the trainer is installed" if _is_torch(workload) else None

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return the runtime, and the TrainJob on it."""
        workload = templates.workload
        (role,) = workload.roles
        job, *others = jobs_of(templates, role)
        if others:
            raise AssertionError("the ranks of one role are its indexes")
        labels = {**job["metadata"]["labels"], "trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
        node = {"name": _NODE, "template": {"metadata": {"labels": labels}, "spec": job["spec"]}}
        metadata = {"name": workload.name, "labels": templates.labels}
        runtime = {
            "metadata": {
                **metadata,
                "labels": {**templates.labels, "trainer.kubeflow.org/framework": "torch"},
            },
            "spec": {
                "mlPolicy": {"numNodes": role.replicas, "torch": {"numProcPerNode": 1}},
                "template": {"metadata": {"labels": templates.labels}, "spec": {"replicatedJobs": [node]}},
            },
        }
        reference = {
            "apiGroup": "trainer.kubeflow.org",
            "kind": TRAINING_RUNTIMES.kind,
            "name": workload.name,
        }
        job_spec = {"runtimeRef": reference, "trainer": {"numNodes": role.replicas}}
        return [
            (TRAINING_RUNTIMES, runtime),
            (TRAIN_JOBS, {"metadata": metadata, "spec": job_spec}),
        ]

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:  # noqa: ARG002 - the protocol's
        """Suspend it: its pods go, and others come."""
        return {"spec": {"suspend": suspended}}


def _is_torch(workload: Workload) -> bool:
    return workload.framework.name == "pytorch"
