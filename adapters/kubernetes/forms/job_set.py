"""Several roles where JobSet is installed: one JobSet, one of its replicated Jobs a role.

Its own policies would delete pods, and their output with them, as soon as one Job fails. So it is taken
away as soon as a replica has decided the whole, and our policy ends the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from submarine.adapters.kubernetes.forms.form import Body
from submarine.adapters.kubernetes.forms.indexed_job import jobs_of
from submarine.adapters.kubernetes.kinds import JOB_SETS, JOBS, AnyKind
from submarine.adapters.kubernetes.names import host_name
from submarine.adapters.kubernetes.pods import PodTemplates
from submarine.adapters.kubernetes.shape import Shape
from submarine.core.workloads.workload import Workload, WorkloadKind

_LABEL = 63


def _host(handle: str, role: str, index: int) -> str:
    """Return the host name of a replica: a JobSet numbers its Jobs, and a Job its pods."""
    return f"{handle}-{role}-0-{index}"


class JobSet:
    """A jobset.x-k8s.io/v1alpha2 JobSet."""

    name: str = "job-set"
    kinds: tuple[AnyKind, ...] = (JOB_SETS, JOBS)
    made: tuple[AnyKind, ...] = (JOB_SETS,)
    restless: bool = True
    claims: str = ""
    needs: str = JOB_SETS.version
    asked: bool = False
    shape: Shape = Shape(host=_host)

    def suits(self, workload: Workload) -> str | None:
        """Take every batch whose names are short enough; one role comes here where Jobs are not allowed."""
        if workload.kind is not WorkloadKind.BATCH:
            return None
        longest = max(len(host_name(workload.name, r.name, r.replicas - 1)) for r in workload.roles)
        if longest + 4 > _LABEL:
            return None
        return (
            "JobSet is installed"
            if len(workload.roles) == 1
            else "it has several roles, and JobSet is installed"
        )

    def objects(self, templates: PodTemplates) -> Sequence[tuple[AnyKind, Body]]:
        """Return the JobSet."""
        handle = templates.workload.name
        jobs = [job for role in templates.workload.roles for job in jobs_of(templates, role)]
        replicated = [
            {
                "name": job["metadata"]["name"].removeprefix(f"{handle}-"),
                "replicas": 1,
                "template": {"metadata": {"labels": job["metadata"]["labels"]}, "spec": job["spec"]},
            }
            for job in jobs
        ]
        spec = {
            "network": {"enableDNSHostnames": False},
            "failurePolicy": {"maxRestarts": 0},
            "replicatedJobs": replicated,
        }
        return [(JOB_SETS, {"metadata": {"name": handle, "labels": templates.labels}, "spec": spec})]

    def pause(self, *, suspended: bool, replicas: int) -> Body | None:  # noqa: ARG002 - the protocol's
        """Suspend it: its pods go, and others come."""
        return {"spec": {"suspend": suspended}}
