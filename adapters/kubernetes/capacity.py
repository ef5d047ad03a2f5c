"""What the nodes offer, and what the pods on them have not taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.kinds import NODES, TENANTS
from submarine.adapters.kubernetes.objects import Container, Node, Tenant
from submarine.adapters.kubernetes.quantities import resources
from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.resources import Resources

_FOR_S: Final = 5.0
_BLIND: Final = "the server may not read nodes and pods, so the cluster's size is not known"


class Size:
    """Counts one cluster, not more often than every few seconds."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._counted: tuple[float, Capacity] | None = None
        self.nodes: Sequence[Resources] = ()

    async def count(self) -> Capacity:
        """Return total and free; raise `UnavailableError` if the cluster is away."""
        at = asyncio.get_running_loop().time()
        if self._counted is not None and at - self._counted[0] < _FOR_S:
            if await self._api.ask("/readyz") != b"ok":  # still there?
                raise UnavailableError("the cluster is not ready")
            return self._counted[1]
        try:
            nodes, _ = await self._api.list(NODES)
            running = "status.phase!=Succeeded,status.phase!=Failed"
            tenants, _ = await self._api.list(TENANTS, fields=running)
        except AdapterError:
            return Capacity(total=Resources(), free=Resources(), queues=True, notes=(_BLIND,))
        found = _capacity(nodes, tenants)
        self.nodes = _largest([resources(node.status.allocatable) for node in nodes if _takes(node)])
        self._counted = at, found
        return found


def _capacity(nodes: Sequence[Node], tenants: Sequence[Tenant]) -> Capacity:
    offered = {node.metadata.name: resources(node.status.allocatable) for node in nodes if _takes(node)}
    total = sum(offered.values(), Resources())
    taken = [asked_of(t) for t in tenants if t.spec.node_name in offered]
    free = total - sum(taken, Resources())
    notes = tuple(
        f"node {node.metadata.name} takes no pods now: {_why_not(node)}" for node in nodes if not _takes(node)
    )
    return Capacity(total=total, free=free, queues=True, notes=notes[:10])


def asked_of(tenant: Tenant) -> Resources:
    """Return what a pod holds: its containers and sidecars together, or the largest init container."""
    sidecars = [c for c in tenant.spec.init_containers if c.restart_policy == "Always"]
    together = sum(map(_asked, (*tenant.spec.containers, *sidecars)), Resources())
    for container in tenant.spec.init_containers:
        alone = _asked(container)
        together = Resources(
            cpu=max(together.cpu, alone.cpu),
            memory=max(together.memory, alone.memory),
            extra=_most(together.extra, alone.extra),
        )
    return together


def _asked(container: Container) -> Resources:
    requests = container.resources.get("requests")
    return resources(requests) if isinstance(requests, dict) else Resources()


def _most(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {**first, **second}}


def _takes(node: Node) -> bool:
    ready = any(c.type == "Ready" and c.status == "True" for c in node.status.conditions)
    return ready and not node.spec.unschedulable


def _why_not(node: Node) -> str:
    return "it is cordoned" if node.spec.unschedulable else "it is not ready"


def _largest(nodes: Sequence[Resources]) -> list[Resources]:
    """Return *nodes* without those that another one exceeds in all."""
    found: list[Resources] = []
    for node in sorted(_once(nodes), key=lambda n: (n.cpu, n.memory), reverse=True):
        if not any(node.shortage(other) is None for other in found):
            found.append(node)
    return found


def _once(nodes: Sequence[Resources]) -> list[Resources]:
    """Return *nodes*, equal ones once."""
    return list({(n.cpu, n.memory, tuple(n.extra.items())): n for n in nodes}.values())
