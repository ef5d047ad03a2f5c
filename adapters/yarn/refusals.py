"""What a YARN cluster will never run, and why, in a few words."""

from __future__ import annotations

from collections import Counter

from submarine.adapters.yarn import names
from submarine.adapters.yarn.capacity import NO_SERVICES, Seen
from submarine.adapters.yarn.config import YarnConfig
from submarine.core.workloads.fitting import too_large
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
        or too_large(workload, seen.nodes)
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
