"""Several roles: one Indexed Job a role, judged together by our own policy."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.forms.indexed_job import jobs_of
from submarine.adapters.kubernetes.kinds import JOBS, AnyKind
from submarine.adapters.kubernetes.pods import ALONE, PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Workload, WorkloadKind


class JobsByRole:
    """Batch/v1 Jobs, one for each role."""

    name: str = "jobs-by-role"
    kinds: tuple[AnyKind, ...] = (JOBS,)
    made: tuple[AnyKind, ...] = (JOBS,)
    restless: bool = False
    claims: str = ""
    needs: str = ""
    asked: bool = False
    shape: Shape = ALONE

    def suits(self, workload: Workload) -> str | None:
        """Take every batch that no other form has taken."""
        return "it has several roles" if workload.kind is WorkloadKind.BATCH else None

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return the Jobs in the order of the roles."""
        return [(JOBS, job) for role in templates.workload.roles for job in jobs_of(templates, role)]

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:  # noqa: ARG002 - the protocol's
        """Suspend the Jobs: their pods go, and others come."""
        return {"spec": {"suspend": suspended}}
