"""What a Kubernetes cluster will never run, and why, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from submarine.adapters.kubernetes.config import KubernetesConfig
from submarine.adapters.kubernetes.names import host_name, set_name
from submarine.adapters.kubernetes.preparing import travels
from submarine.core.workloads.fitting import too_large
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.soundness import unsound
from submarine.core.workloads.workload import Archive, Remote, Workload

_LABEL = 63
_ARGUMENTS = 1_000_000


def refusal(workload: Workload, config: KubernetesConfig, nodes: Sequence[Resources]) -> str | None:
    """Return why *workload* can never run where the largest *nodes* are these, None if it can."""
    return (
        unsound(workload)
        or _names(workload)
        or _content(workload, config)
        or too_large(workload, () if config.grows else nodes)
    )


def _names(workload: Workload) -> str | None:
    """Roles ``a-0`` and ``a`` may want the same name for a Job."""
    wanted: Counter[str] = Counter()
    for role in workload.roles:
        longest = host_name(workload.name, role.name, role.replicas - 1)
        if len(longest) > _LABEL:
            return f"the name {longest} of a replica is longer than the {_LABEL} characters of a host"
        wanted[set_name(workload.name, role.name)] += 1
        wanted.update(host_name(workload.name, role.name, index) for index in range(role.replicas))
    name, count = wanted.most_common(1)[0]
    return f"two of its parts would be called {name}" if count > 1 else None


def _content(workload: Workload, config: KubernetesConfig) -> str | None:
    if workload.environment.image is None and config.image is None:
        return "the spec names no image, and this cluster has none by default"
    for role in workload.roles:
        if sum(map(len, role.command)) + sum(map(len, role.env.values())) > _ARGUMENTS:
            return f"command and variables of role {role.name!r} are larger than the cluster's objects may be"
    source = workload.source
    if isinstance(source, Archive) and not travels(workload) and not source.url:
        return f"its code has {source.size} bytes, and nobody says where pods may fetch it"
    if isinstance(source, Remote) and not source.uri.startswith(("http://", "https://")):
        return f"pods cannot fetch code from {source.uri}; upload it, or use https or git"
    return None
