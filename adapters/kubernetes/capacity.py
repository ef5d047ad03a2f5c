"""What the nodes offer, and what the pods on them have not taken."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Final, NamedTuple

from submarine.adapters.kubernetes.api import Api
from submarine.adapters.kubernetes.book import Book
from submarine.adapters.kubernetes.kinds import NODES, TENANTS
from submarine.adapters.kubernetes.objects import Container, Node, Tenant
from submarine.adapters.kubernetes.quantities import resources
from submarine.adapters.kubernetes.watching import Mirror
from submarine.core.errors import AdapterError, UnavailableError
from submarine.core.ports.runtime import Capacity
from submarine.core.workloads.resources import Resources

_BLIND: Final = "the server may not read nodes and pods, so the cluster's size is not known"
_COUNTING: Final = "the cluster's nodes and pods are still being counted"
_PATIENCE_S: Final = 2.0
_RUNNING: Final = "status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!="


class Offer(NamedTuple):
    """What a node has; ``why_not`` says why it takes no pods now."""

    node: str
    room: Resources
    why_not: str


class Holding(NamedTuple):
    """What a pod holds of a node, in a form that thousands of equal ones share."""

    node: str
    cpu: int
    memory: int
    extra: tuple[tuple[str, int], ...]

    def together(self, count: int) -> Resources:
        """Return what *count* such pods hold."""
        return Resources(cpu=self.cpu, memory=self.memory, extra=dict(self.extra)) * count


class Size:
    """Counts one cluster by what two watches tell; to list all pods costs the more the larger it is."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._offers: Book[Node, Offer] = Book(_offer)
        self._holdings: Book[Tenant, Holding] = Book(_holding)
        self._mirrors: Sequence[Mirror[Node] | Mirror[Tenant]] = (
            Mirror(api, NODES, "", self._offers),
            Mirror(api, TENANTS, "", self._holdings, fields=_RUNNING),
        )
        self.nodes: Sequence[Resources] = ()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch meanwhile."""
        tasks = [asyncio.create_task(mirror.run(lambda: None)) for mirror in self._mirrors]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def count(self) -> Capacity:
        """Return total and free; raise `UnavailableError` if the cluster is away."""
        if await self._api.ask("/readyz") != b"ok":
            raise UnavailableError("the cluster is not ready")
        try:
            async with asyncio.timeout(_PATIENCE_S):
                for mirror in self._mirrors:
                    await mirror.known()
        except (AdapterError, TimeoutError) as error:
            # it answers, so it can be used: what fits is then decided by the cluster alone
            note = _BLIND if isinstance(error, AdapterError) else _COUNTING
            return Capacity(total=Resources(), free=Resources(), queues=True, notes=(note,))
        offers = self._offers.all()
        self.nodes = _largest([offer.room for offer in offers if not offer.why_not])
        return _capacity(offers, self._holdings.all())


def _capacity(offers: Collection[Offer], holdings: Collection[Holding]) -> Capacity:
    offered = {offer.node: offer.room for offer in offers if not offer.why_not}
    total = sum(offered.values(), Resources())
    taken = [each.together(count) for each, count in Counter(holdings).items() if each.node in offered]
    free = total - sum(taken, Resources())
    notes = [f"node {o.node} takes no pods now: {o.why_not}" for o in offers if o.why_not]
    return Capacity(total=total, free=free, queues=True, notes=tuple(notes[:10]))


def _offer(node: Node) -> Offer:
    return Offer(node.metadata.name, resources(node.status.allocatable), _why_not(node))


def _holding(tenant: Tenant) -> Holding:
    asked = asked_of(tenant)
    return _shared(tenant.spec.node_name, asked.cpu, asked.memory, tuple(sorted(asked.extra.items())))


_shared: Final = lru_cache(maxsize=10_000)(Holding)


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
    return _read(tuple(requests.items())) if isinstance(requests, dict) else Resources()


@lru_cache(maxsize=1_000)
def _read(requests: tuple[tuple[str, object], ...]) -> Resources:
    return resources(dict(requests))


def _most(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {**first, **second}}


def _why_not(node: Node) -> str:
    if node.spec.unschedulable:
        return "it is cordoned"
    ready = any(c.type == "Ready" and c.status == "True" for c in node.status.conditions)
    return "" if ready else "it is not ready"


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
