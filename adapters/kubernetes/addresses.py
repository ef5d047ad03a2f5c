"""Where replicas find each other: host names that are known before any pod is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from submarine.adapters.kubernetes.names import host_name
from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.workload import Role, Workload, WorkloadKind

Host = Callable[[str, str, int], str]

_RENDEZVOUS: Final = 29500
_FIRST: Final = 8000


def needs_service(workload: Workload) -> bool:
    """Tell whether anybody looks for its pods by name."""
    several = sum(role.replicas for role in workload.roles) > 1
    return several or workload.kind is WorkloadKind.SERVICE or any(role.ports for role in workload.roles)


def ports_of(role: Role) -> dict[str, int]:
    """Return the named ports of each replica of *role*; in a pod of its own every port is free."""
    taken = {port for port in role.ports.values() if port}
    free = (port for port in count(_FIRST) if port not in taken)
    return {name: port or next(free) for name, port in role.ports.items()}


def peers_of(workload: Workload, domain: str, host: Host = host_name) -> Peers:
    """Return where every replica listens; one that is alone listens to itself.

    Names are whole, with the *domain* of the namespace: a pod finds its own in /etc/hosts before the
    cluster's DNS knows it, and nobody tries search paths.
    """
    taken = {port for role in workload.roles for port in ports_of(role).values()}
    port = next(port for port in count(_RENDEZVOUS) if port not in taken)
    if not needs_service(workload):
        return Peers(addresses={role.name: (f"127.0.0.1:{port}",) for role in workload.roles})
    name = workload.name
    addresses: Mapping[str, tuple[str, ...]] = {
        role.name: tuple(f"{host(name, role.name, i)}.{name}.{domain}:{port}" for i in range(role.replicas))
        for role in workload.roles
    }
    return Peers(addresses=addresses)
