"""What the local runtime will never run, and why, in a few words."""

from __future__ import annotations

from submarine.core.workloads.resources import Resources
from submarine.core.workloads.soundness import unsound
from submarine.core.workloads.workload import Remote, Workload


def refusal(workload: Workload, total: Resources) -> str | None:
    """Return why *workload* can never run on a machine with *total*, None if it can."""
    return unsound(workload) or _environment(workload) or _size(workload, total)


def _environment(workload: Workload) -> str | None:
    if workload.environment.image is not None:
        return f"the local runtime runs no images ({workload.environment.image})"
    if isinstance(workload.source, Remote):
        return f"the local runtime cannot fetch code from {workload.source.uri}; upload it or use git"
    for package in workload.environment.packages:
        if not package[:1].isalnum():
            return f"{package!r} is not the name of a package"
    return None


def _size(workload: Workload, total: Resources) -> str | None:
    shortage = workload.resources.shortage(total)
    return f"this machine is too small: {shortage.replace('free', 'there are')}" if shortage else None
