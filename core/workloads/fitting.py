"""Whether a workload could ever run on the nodes of a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import Workload


def too_large(workload: Workload, nodes: Sequence[Resources]) -> str | None:
    """Return which role no node is large enough for, by the sizes of the *nodes*; None if none are known."""
    if not nodes:
        return None
    for role in workload.roles:
        lacks = [role.resources.shortage(node) for node in nodes]
        if all(lacks):
            largest = min(lacks, key=lambda text: (text or "").count(";"))
            said = (largest or "").replace("free", "the largest node has")
            return f"no node is large enough for role {role.name!r}: {said}"
    return None
