"""Jobs of Kubeflow's training operator (v1): each replica type of theirs is a role of ours.

The operator sets the framework's variables. Source: kubeflow/training-operator v1.8, pkg/apis/kubeflow.org/v1
(types and defaults of PyTorchJob, TFJob, XGBoostJob, MPIJob).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.kinds import (
    MPI_JOBS,
    PYTORCH_JOBS,
    TF_JOBS,
    XGBOOST_JOBS,
    AnyKind,
)
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Role, Workload, WorkloadKind

_MASTER: Final = {"master": "Master", "chief": "Master", "worker": "Worker"}
_TENSORFLOW: Final = {
    "chief": "Chief",
    "master": "Chief",
    "worker": "Worker",
    "ps": "PS",
    "evaluator": "Evaluator",
}
_MPI: Final = {"launcher": "Launcher", "worker": "Worker"}
_LAUNCHER: Final = "Launcher"
_ONE: Final = frozenset({"Master", "Chief", "Evaluator", _LAUNCHER})


@dataclass
class OperatorJob:
    """One kind of the operator; ``types`` says which role is which of its replica types."""

    name: str
    kind: AnyKind
    framework: str
    replicas: str
    types: Mapping[str, str]
    leader: str
    shape: Shape
    restless: bool = True
    claims: str = names.OPERATED
    asked: bool = True
    needs: str = PYTORCH_JOBS.version
    kinds: tuple[AnyKind, ...] = field(init=False)
    made: tuple[AnyKind, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = self.made = (self.kind,)

    def suits(self, workload: Workload) -> str | None:
        """Take what its roles fit; or a single role of at most two, of which the first leads."""
        if workload.kind is not WorkloadKind.BATCH or workload.framework.name != self.framework:
            return None
        if self._types(workload) is None and not self._pair(workload):
            return None
        return f"its framework is {self.framework}, and the training operator is installed"

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return the job."""
        workload = templates.workload
        if (types := self._types(workload)) is not None:
            replicas = {types[role.name]: _part(templates, role, types[role.name]) for role in workload.roles}
        else:
            (role,) = workload.roles
            parts = (self.leader, "Worker")[: role.replicas]
            replicas = {part: _spec(1, templates.of_replica(role, i)) for i, part in enumerate(parts)}
        spec: Body = {"runPolicy": {"cleanPodPolicy": "None"}, self.replicas: replicas}
        return [(self.kind, {"metadata": {"name": workload.name, "labels": templates.labels}, "spec": spec})]

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:  # noqa: ARG002 - the protocol's
        """Suspend it: its pods go, and others come."""
        return {"spec": {"runPolicy": {"suspend": suspended}}}

    def _types(self, workload: Workload) -> dict[str, str] | None:
        """Return the replica type of each role, None if they do not fit."""
        found = {role.name: self.types.get(role.name, "") for role in workload.roles}
        counts = {found[role.name]: role.replicas for role in workload.roles}
        whole = len(counts) == len(found) and "" not in counts and self.leader in counts
        return found if whole and all(n == 1 for kind, n in counts.items() if kind in _ONE) else None

    def _pair(self, workload: Workload) -> bool:
        """Tell whether the only role makes a leader and one worker: more would not know their index."""
        one = len(workload.roles) == 1 and self.leader == "Master"
        return one and workload.roles[0].replicas <= 2  # noqa: PLR2004


def _part(templates: PodTemplates, role: Role, kind: str) -> Body:
    if kind == _LAUNCHER:  # it alone is given no index
        launcher = templates.of_replica(role, 0)
        # it reaches the workers by kubectl, with an account that the operator makes for just that
        launcher["spec"]["automountServiceAccountToken"] = True
        return _spec(1, launcher)
    template = templates.of_role(role, names.REPLICA)
    if template is None:
        raise AssertionError("what differs between these replicas is the operator's business")
    return _spec(role.replicas, template)


def _spec(replicas: int, template: Body) -> Body:
    return {"replicas": replicas, "restartPolicy": "Never", "template": template}


TRAINING_OPERATOR: Final = (
    OperatorJob(
        "pytorch-job",
        PYTORCH_JOBS,
        "pytorch",
        "pytorchReplicaSpecs",
        _MASTER,
        "Master",
        Shape(container="pytorch", rendezvous=False, service=False),
    ),
    OperatorJob(
        "tf-job",
        TF_JOBS,
        "tensorflow",
        "tfReplicaSpecs",
        _TENSORFLOW,
        "Worker",
        Shape(container="tensorflow", rendezvous=False, service=False),
    ),
    OperatorJob(
        "xgboost-job",
        XGBOOST_JOBS,
        "xgboost",
        "xgbReplicaSpecs",
        _MASTER,
        "Master",
        Shape(container="xgboost", rendezvous=False, service=False),
    ),
    OperatorJob(
        "mpi-job",
        MPI_JOBS,
        "mpi",
        "mpiReplicaSpecs",
        _MPI,
        "Launcher",
        Shape(container="mpi", rendezvous=False, service=False),
    ),
)
