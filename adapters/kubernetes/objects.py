"""What we read of Kubernetes' objects: just these fields, so that decoding ten thousand pods is cheap."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from submarine.adapters.kubernetes.names import MAINS

T = TypeVar("T")


class Lean(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Fields in Kubernetes' spelling; all others are skipped."""


class Meta(Lean, frozen=True):
    """Name, labels and versions of an object."""

    name: str = ""
    uid: str = ""
    resource_version: str = "0"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None

    @property
    def version(self) -> int:
        """Return the resource version; of two of one object the larger is the newer."""
        return int(self.resource_version) if self.resource_version.isdecimal() else 0


class Object(Lean, frozen=True):
    """Whatever has metadata."""

    metadata: Meta


class Owner(Lean, frozen=True):
    """Whose end is the end of an object."""

    name: str = ""
    uid: str = ""


class OwnedMeta(Meta, frozen=True):
    """Metadata that tell the owners too."""

    owner_references: list[Owner] = []


class Owned(Lean, frozen=True):
    """Any object, of which only the metadata and the owners count."""

    metadata: OwnedMeta


class Condition(Lean, frozen=True):
    """One condition of an object's status."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class Waiting(Lean, frozen=True):
    """A container that does not run yet, or not again."""

    reason: str = ""
    message: str = ""


class Running(Lean, frozen=True):
    """A container that runs."""

    started_at: datetime | None = None


class Terminated(Lean, frozen=True):
    """A container that has ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Lean, frozen=True):
    """One of the three."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Lean, frozen=True):
    """How a container fares."""

    name: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    restart_count: int = 0

    @property
    def begun(self) -> bool:
        """Tell whether it runs or ever ran."""
        ran = self.state.running or self.state.terminated or self.last_state.terminated
        return ran is not None or self.restart_count > 0


class ContainerPort(Lean, frozen=True):
    """A named port."""

    name: str = ""
    container_port: int = 0


class Container(Lean, frozen=True):
    """What capacity asks of a container."""

    name: str = ""
    resources: dict[str, Any] = {}
    restart_policy: str = ""


class PodSpec(Lean, frozen=True):
    """Where a pod is, and how long it may be."""

    node_name: str = ""
    active_deadline_seconds: int | None = None
    termination_grace_period_seconds: int | None = None


class PodStatus(Lean, frozen=True):
    """How a pod fares."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    start_time: datetime | None = None
    pod_ip: str = msgspec.field(name="podIP", default="")
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class Controller(Lean, frozen=True):
    """An owner, and whether it made an object, and makes another when that goes."""

    uid: str = ""
    controller: bool = False


class PodMeta(Meta, frozen=True):
    """Metadata that tell whether anybody answers for a pod."""

    owner_references: tuple[Controller, ...] = ()


class Pod(Object, frozen=True):
    """A pod."""

    metadata: PodMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of type *kind*, None if there is none."""
        return next((c for c in self.status.conditions if c.type == kind), None)

    @property
    def controller(self) -> str:
        """Return the uid of what made it, "" if that was made to leave it."""
        return next((owner.uid for owner in self.metadata.owner_references if owner.controller), "")

    @property
    def over(self) -> bool:
        """Tell whether nothing of it runs any more."""
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def main(self) -> ContainerStatus | None:
        """Return the status of the command's container, None if nothing is known of it."""
        return next((c for c in self.status.container_statuses if c.name in MAINS), None)

    def begun(self, container: str) -> bool:
        """Tell whether *container* has ever run, and so may have written something."""
        every = (*self.status.init_container_statuses, *self.status.container_statuses)
        return any(c.begun for c in every if c.name == container)


class JobSpec(Lean, frozen=True):
    """Whether a Job has pods now."""

    suspend: bool = False


class JobStatus(Lean, frozen=True):
    """Which indexes of a Job have ended how."""

    conditions: list[Condition] = []
    completed_indexes: str = ""
    failed_indexes: str = ""
    succeeded: int = 0
    failed: int = 0


class Job(Object, frozen=True):
    """A batch/v1 Job."""

    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class RunPolicy(Lean, frozen=True):
    """Whether a job of the training operator has pods now."""

    suspend: bool = False


class OperatedSpec(Lean, frozen=True):
    """How it is run."""

    run_policy: RunPolicy = RunPolicy()


class OperatedStatus(Lean, frozen=True):
    """How far it has come."""

    conditions: list[Condition] = []


class Operated(Object, frozen=True):
    """A job of the training operator."""

    spec: OperatedSpec = OperatedSpec()
    status: OperatedStatus = OperatedStatus()

    def paused_since(self, pod: Pod) -> bool:
        """Tell whether it was suspended after *pod* was made, which then was deleted for that."""
        made = pod.metadata.creation_timestamp
        changes = (c.last_transition_time for c in self.status.conditions if c.type == "Suspended")
        return self.spec.run_policy.suspend or any(made and at and at > made for at in changes)


class ConfigMap(Object, frozen=True):
    """A ConfigMap."""

    data: dict[str, str] = {}


class Named(Object, frozen=True):
    """Any object, of which only the metadata counts."""


class Reference(Lean, frozen=True):
    """Whom something is about; ``field_path`` names a container: ``spec.containers{main}``."""

    kind: str = ""
    name: str = ""
    field_path: str = ""


class Series(Lean, frozen=True):
    """How often a newer reporter has said the same."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Object, frozen=True):
    """What a controller says of an object; older reporters count in ``count``, newer ones in ``series``."""

    involved_object: Reference = Reference()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 0
    series: Series | None = None
    event_time: datetime | None = None
    last_timestamp: datetime | None = None

    @property
    def times(self) -> int:
        """Return how often it was said."""
        return max(self.count, self.series.count if self.series is not None else 0, 1)

    @property
    def at(self) -> int:
        """Return when it was said last, in Unix milliseconds."""
        last = self.series.last_observed_time if self.series is not None else None
        moments = (last, self.last_timestamp, self.event_time, self.metadata.creation_timestamp)
        return millis(next((moment for moment in moments if moment is not None), None)) or 0


class NodeSpec(Lean, frozen=True):
    """Whether a node takes pods."""

    unschedulable: bool = False


class NodeStatus(Lean, frozen=True):
    """What a node offers."""

    allocatable: dict[str, str] = {}
    conditions: list[Condition] = []


class Node(Object, frozen=True):
    """A node."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class TenantSpec(Lean, frozen=True):
    """What a pod of anybody asks for."""

    node_name: str = ""
    containers: list[Container] = []
    init_containers: list[Container] = []


class Tenant(Object, frozen=True):
    """A pod of anybody, as capacity sees it."""

    spec: TenantSpec = TenantSpec()


class ListMeta(Lean, frozen=True):
    """Version of a list, and where it goes on."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class Listing(Lean, Generic[T], frozen=True):
    """A page of a list."""

    metadata: ListMeta
    items: list[T] = []


class Change(Lean, frozen=True):
    """A line of a watch."""

    type: str
    object: msgspec.Raw


class Status(Lean, frozen=True):
    """What the API server answers to what it does not do."""

    message: str = ""
    reason: str = ""
    code: int = 0


def millis(moment: datetime | None) -> int | None:
    """Return *moment* in Unix milliseconds."""
    return None if moment is None else round(moment.timestamp() * 1000)
