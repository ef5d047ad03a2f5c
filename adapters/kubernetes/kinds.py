"""The kinds of objects that we create, read and watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from submarine.adapters.kubernetes.objects import ConfigMap, Event, Job, Lean, Named, Node, Pod, Tenant

T = TypeVar("T", bound=Lean)
U = TypeVar("U", bound=Lean)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A resource of the API: ``v1`` or ``batch/v1``, its plural, its kind, and what we read of it."""

    version: str
    plural: str
    kind: str
    type: type[T]
    namespaced: bool = True

    def path(self, namespace: str) -> str:
        """Return the path of the collection."""
        root = f"/apis/{self.version}" if "/" in self.version else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if self.namespaced else f"{root}/{self.plural}"


PODS: Final = Kind("v1", "pods", "Pod", Pod)
TENANTS: Final = Kind("v1", "pods", "Pod", Tenant, namespaced=False)
NODES: Final = Kind("v1", "nodes", "Node", Node, namespaced=False)
PARENTS: Final = Kind("v1", "configmaps", "ConfigMap", ConfigMap)
SECRETS: Final = Kind("v1", "secrets", "Secret", Named)
SERVICES: Final = Kind("v1", "services", "Service", Named)
NAMESPACES: Final = Kind("v1", "namespaces", "Namespace", Named, namespaced=False)
EVENTS: Final = Kind("v1", "events", "Event", Event)
JOBS: Final = Kind("batch/v1", "jobs", "Job", Job)
STATEFUL_SETS: Final = Kind("apps/v1", "statefulsets", "StatefulSet", Named)

JOB_SETS: Final = Kind("jobset.x-k8s.io/v1alpha2", "jobsets", "JobSet", Named)
PYTORCH_JOBS: Final = Kind("kubeflow.org/v1", "pytorchjobs", "PyTorchJob", Named)
TF_JOBS: Final = Kind("kubeflow.org/v1", "tfjobs", "TFJob", Named)
XGBOOST_JOBS: Final = Kind("kubeflow.org/v1", "xgboostjobs", "XGBoostJob", Named)
MPI_JOBS: Final = Kind("kubeflow.org/v1", "mpijobs", "MPIJob", Named)
TRAIN_JOBS: Final = Kind("trainer.kubeflow.org/v1alpha1", "trainjobs", "TrainJob", Named)
TRAINING_RUNTIMES: Final = Kind("trainer.kubeflow.org/v1alpha1", "trainingruntimes", "TrainingRuntime", Named)

AnyKind = Kind[Any]


def read_as(kind: AnyKind, other: type[U]) -> Kind[U]:
    """Return *kind*, of whose objects something else is read."""
    return Kind(kind.version, kind.plural, kind.kind, other, kind.namespaced)
