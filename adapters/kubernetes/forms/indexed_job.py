"""One role: one Indexed Job."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.kubernetes import names
from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.kinds import JOBS, AnyKind
from submarine.adapters.kubernetes.pods import ALONE, PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Role, Workload, WorkloadKind


class IndexedJob:
    """A batch/v1 Job whose completion indexes are the replicas."""

    name: str = "indexed-job"
    kinds: tuple[AnyKind, ...] = (JOBS,)
    made: tuple[AnyKind, ...] = (JOBS,)
    restless: bool = False
    claims: str = ""
    needs: str = ""
    asked: bool = False
    shape: Shape = ALONE

    def suits(self, workload: Workload) -> str | None:
        """Take every batch of one role."""
        one = workload.kind is WorkloadKind.BATCH and len(workload.roles) == 1
        return "it has one role" if one else None

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return the Job."""
        return [(JOBS, job) for role in templates.workload.roles for job in jobs_of(templates, role)]

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:  # noqa: ARG002 - the protocol's
        """Suspend the Job: its pods go, and others come."""
        return {"spec": {"suspend": suspended}}


def jobs_of(templates: PodTemplates, role: Role) -> list[Body]:
    """Return one Job for all replicas of *role*, or one for each where no template can serve them all.

    No Job is ever the judge: with ``backoffLimitPerIndex`` 0 no pod is replaced, and none is deleted
    because another one failed, which would take its output away.
    """
    handle = templates.workload.name
    name = names.set_name(handle, role.name)
    if template := templates.of_role(role, names.COMPLETION):
        together = {
            "completionMode": "Indexed",
            "completions": role.replicas,
            "parallelism": role.replicas,
            "backoffLimitPerIndex": 0,
        }
        return [_job(templates, role, name, {**together, "template": template})]
    return [
        _job(
            templates,
            role,
            names.host_name(handle, role.name, index),
            {"backoffLimit": 0, "template": templates.of_replica(role, index)},
        )
        for index in range(role.replicas)
    ]


def _job(templates: PodTemplates, role: Role, name: str, spec: Body) -> Body:
    labels = {**templates.labels, names.ROLE: role.name}
    if (index := spec["template"]["metadata"]["labels"].get(names.INDEX)) is not None:
        labels[names.INDEX] = index
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}
