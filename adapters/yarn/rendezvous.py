"""Variables of a framework for addresses that nobody knows yet.

Containers get hosts and ports where they happen to start, and a framework is a plugin of the server. So
it is asked here about hosts and ports that are stand-ins, and the launcher puts the real ones in their
place once every replica has told its own.
"""

from __future__ import annotations

from typing import Any, Final

from submarine.core.workloads.rendezvous import Peers
from submarine.core.workloads.workload import Workload

_HOST: Final = "peer-{}.submarine.invalid"
_PORT: Final = 7_312_000_000
"""More than any port, and a number that nobody else writes."""


def stand_ins(workload: Workload) -> list[dict[str, Any]]:
    """Return role, index and the made-up host and port of every replica, in order of rank."""
    everybody = [(role.name, index) for role in workload.roles for index in range(role.replicas)]
    return [
        {"role": role, "index": index, "host": _HOST.format(rank), "port": str(_PORT + rank)}
        for rank, (role, index) in enumerate(everybody)
    ]


def variables(workload: Workload) -> dict[str, dict[str, str]]:
    """Return what the framework sets for each replica, by its name, with stand-ins for addresses."""
    addresses: dict[str, list[str]] = {}
    for peer in stand_ins(workload):
        addresses.setdefault(peer["role"], []).append(f"{peer['host']}:{peer['port']}")
    peers = Peers(addresses=addresses)
    return {
        f"{role.name}-{index}": dict(workload.framework.variables(peers, role.name, index))
        for role in workload.roles
        for index in range(role.replicas)
    }
