"""What a YARN cluster will never run, and why, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from submarine.adapters.yarn import names
from submarine.adapters.yarn.capacity import NO_SERVICES, Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.soundness import unsound
from submarine.core.workloads.workload import Remote, Workload

_SCHEMES = ("http://", "https://", "hdfs://", "/")


def refusal(workload: Workload, config: YarnConfig, seen: Seen) -> str | None:
    """Return why *workload* can never run on a cluster of which this was *seen*, None if it can."""
    if seen.services is False:
        return NO_SERVICES
    return (
        unsound(workload)
        or _names(workload)
        or _content(workload)
        or _size(workload, seen.nodes)
        or seen.queues.refusal(workload.queue or config.queue)
    )


def _names(workload: Workload) -> str | None:
    if not workload.name[:1].isalpha():
        return f"the name {workload.name} does not begin with a letter, as names of YARN services do"
    wanted = Counter(names.component(role.name) for role in workload.roles)
    name, count = wanted.most_common(1)[0]
    return f"two of its roles would be called {name}" if count > 1 else None


def _content(workload: Workload) -> str | None:
    if workload.environment.image is not None:
        return f"this cluster runs no images ({workload.environment.image})"
    for package in workload.environment.packages:
        if not package[:1].isalnum():
            return f"{package!r} is not the name of a package"
    if isinstance(workload.source, Remote) and not workload.source.uri.startswith(_SCHEMES):
        return (
            f"containers cannot fetch code from {workload.source.uri}; use hdfs, https or git, or upload it"
        )
    return None


def _size(workload: Workload, nodes: Sequence[Resources]) -> str | None:
    if not nodes:
        return None
    for role in workload.roles:
        lacks = [role.resources.shortage(node) for node in nodes]
        if all(lacks):
            largest = min(lacks, key=lambda text: (text or "").count(";"))
            said = (largest or "").replace("free", "the largest node has")
            return f"no node is large enough for role {role.name!r}: {said}"
    return None
