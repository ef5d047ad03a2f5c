"""Clusters over HTTP."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from submarine.core.access.principal import Principal
from submarine.core.clusters.manager import ClusterManager, ClusterView
from submarine.core.jobs.resources import resources_document
from submarine.core.pages import Page
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.projection import Fields
from submarine.entrypoints.http.resources.times import Instant
from submarine.entrypoints.http.routing import route

_BASE: Final = "/api/v1/clusters"


class CapacityView(BaseModel, frozen=True):
    """What a cluster has; ``queues`` tells whether it holds by itself what does not fit now."""

    total: dict[str, str]
    free: dict[str, str]
    queues: bool
    notes: list[str]


class ClusterDocument(BaseModel, frozen=True):
    """A cluster; ``queued`` counts everything that waits on this site, wherever it may go."""

    name: str
    runtime: str
    labels: dict[str, str]
    health: str
    since_at: Instant
    reason: str
    seen_at: Instant | None
    capacity: CapacityView | None
    running: int
    queued: int

    @classmethod
    def of(cls, view: ClusterView) -> ClusterDocument:
        """Show *view*."""
        status, capacity = view.status, view.status.capacity
        return cls(
            name=view.name,
            runtime=view.kind,
            labels=dict(view.labels),
            health=status.health.value,
            since_at=status.since,
            reason=status.reason,
            seen_at=status.seen,
            capacity=None
            if capacity is None
            else CapacityView(
                total=resources_document(capacity.total),
                free=resources_document(capacity.free),
                queues=capacity.queues,
                notes=list(capacity.notes),
            ),
            running=view.running,
            queued=view.queued,
        )


class OrphanDocument(BaseModel, frozen=True):
    """Something of ours on a cluster that no record wants."""

    handle: str
    first_seen_at: Instant
    reason: str
    sweep_at: Instant


class AdoptRequest(BaseModel, frozen=True, extra="forbid"):
    """How to move a name."""

    force: bool = False


class ClustersController:
    """Translates between HTTP and `ClusterManager`."""

    def __init__(self, clusters: ClusterManager) -> None:
        self._clusters = clusters

    @route("GET", _BASE, tag="clusters")
    async def list_clusters(self, principal: Principal, fields: Fields) -> Page[ClusterDocument]:
        """List the clusters, in the order of the configuration; then those that only other servers reach."""
        return Page([ClusterDocument.of(view) for view in await self._clusters.list(principal)])

    @route("GET", _BASE + "/{name}", tag="clusters")
    async def show_cluster(self, principal: Principal, name: str, fields: Fields) -> ClusterDocument:
        """Show one cluster."""
        return ClusterDocument.of(await self._clusters.get(principal, name))

    @route("POST", _BASE + "/{name}/drain", tag="clusters")
    async def drain_cluster(self, principal: Principal, name: str, request_id: RequestId) -> ClusterDocument:
        """Send no new work there; what runs goes on. For administrators."""
        return ClusterDocument.of(await self._clusters.drain(principal, name, request=request_id))

    @route("POST", _BASE + "/{name}/resume", tag="clusters")
    async def resume_cluster(self, principal: Principal, name: str, request_id: RequestId) -> ClusterDocument:
        """Send work there again. For administrators."""
        return ClusterDocument.of(await self._clusters.resume(principal, name, request=request_id))

    @route("POST", _BASE + "/{name}/adopt", tag="clusters")
    async def adopt_cluster(
        self, principal: Principal, name: str, request_id: RequestId, body: AdoptRequest | None = None
    ) -> ClusterDocument:
        """Let the name stand for the cluster that this server reaches by it. For administrators.

        Refused while jobs or uncollected logs are on the cluster it stands for; with `force` they are lost.
        """
        force = body.force if body else False
        return ClusterDocument.of(
            await self._clusters.adopt(principal, name, force=force, request=request_id)
        )

    @route("GET", _BASE + "/{name}/orphans", tag="clusters")
    async def list_orphans(self, principal: Principal, name: str) -> Page[OrphanDocument]:
        """List what was found there and no record wants. For administrators."""
        found = await self._clusters.list_orphans(principal, name)
        return Page(
            [
                OrphanDocument(handle=o.handle, first_seen_at=o.first_seen, reason=o.reason, sweep_at=sweep)
                for o, sweep in found
            ]
        )
