"""The one place that knows everybody."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from dependency_injector import containers, providers

from submarine import __version__
from submarine.core.access.job_tokens import JobTokens
from submarine.core.access.manager import AccessManager
from submarine.core.clock import now
from submarine.core.clusters.cluster import Cluster
from submarine.core.clusters.fleet import ClusterFleet
from submarine.core.clusters.manager import ClusterManager
from submarine.core.clusters.orphanage import Orphanage
from submarine.core.code.archives import ArchiveInspector
from submarine.core.code.manager import CodeManager
from submarine.core.events.feed import Feed
from submarine.core.experiments.manager import ExperimentManager
from submarine.core.jobs.logs import LogReader
from submarine.core.jobs.manager import JobManager
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.jobs.tokens import JobPrincipals
from submarine.core.metadata.artifact_manager import ArtifactManager
from submarine.core.metadata.eraser import Eraser
from submarine.core.metadata.manager import MetadataManager
from submarine.core.metadata.recorder import MetricRecorder
from submarine.core.metadata.spool_reader import SpoolReader
from submarine.core.ports.identity import IDENTITY, Identity
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.core.ports.runtime import RUNTIME
from submarine.core.records import RECORDS
from submarine.core.retention import Janitor
from submarine.core.servers.presence import Presence
from submarine.core.servers.server import Server
from submarine.entrypoints.settings import Settings
from submarine.plugins.registry import Registry, discover

_DAY_MS: Final = 86_400_000


def _myself(owner: str, peer: Callable[[], str], fleet: ClusterFleet) -> Server:
    return Server(
        id=owner,
        url=peer(),
        host=socket.gethostname(),
        version=__version__,
        clusters=tuple(fleet.reached()),
    )


class Application(containers.DeclarativeContainer):
    """Every manager, wired to whatever fills the ports. Wiring is synchronous; lives are `compose`'s."""

    registry: providers.Dependency[Registry] = providers.Dependency()
    records: providers.Dependency[Any] = providers.Dependency()
    store: providers.Dependency[ObjectStore] = providers.Dependency()
    identity: providers.Dependency[Identity] = providers.Dependency()
    configured: providers.Dependency[Sequence[Cluster]] = providers.Dependency()
    policy: providers.Dependency[str] = providers.Dependency()
    orphan_grace: providers.Dependency[int] = providers.Dependency()
    open_teams: providers.Dependency[bool] = providers.Dependency()
    secret: providers.Dependency[bytes] = providers.Dependency()
    owner: providers.Dependency[str] = providers.Dependency()
    url: providers.Dependency[Callable[[], str]] = providers.Dependency()
    peer: providers.Dependency[Callable[[], str]] = providers.Dependency()

    job_tokens = providers.Singleton(JobTokens, secret)
    job_principals = providers.Singleton(JobPrincipals, records)
    access = providers.Singleton(
        AccessManager, records, identity, job_tokens, job_principals, open_teams=open_teams
    )

    recorder = providers.Singleton(MetricRecorder, records)
    spool = providers.Singleton(SpoolReader, records, recorder)
    feed = providers.Singleton(Feed, records)
    fleet = providers.Singleton(ClusterFleet, records, configured, registry.provided.policies, policy, owner)
    orphanage = providers.Singleton(Orphanage, records, orphan_grace)
    clusters = providers.Singleton(ClusterManager, records, fleet, orphanage)
    myself = providers.Callable(_myself, owner, peer, fleet)
    presence = providers.Singleton(Presence, records, myself.provider)
    outfitter = providers.Singleton(
        Outfitter, store, registry.provided.frameworks, job_tokens.provided.mint, url, owner
    )
    jobs = providers.Singleton(JobManager, records, fleet, store, outfitter, spool, orphanage, owner)
    logs = providers.Singleton(LogReader, records, fleet, store)
    eraser = providers.Singleton(Eraser, records, store)
    experiments = providers.Singleton(
        ExperimentManager, records, access.provided.doors, jobs, fleet, store, eraser, logs
    )
    metadata = providers.Singleton(MetadataManager, records, experiments, recorder)
    artifacts = providers.Singleton(ArtifactManager, records, experiments, store)
    code = providers.Singleton(CodeManager, records, access.provided.doors, store, ArchiveInspector)


@asynccontextmanager
async def compose(
    settings: Settings,
    *,
    secret: bytes,
    owner: str,
    url: Callable[[], str],
    peer: Callable[[], str] = str,
    registry: Registry | None = None,
) -> AsyncIterator[Application]:
    """Open the chosen adapters, wire the managers, and close in reverse."""
    registry = registry or discover()
    async with AsyncExitStack() as stack:
        records = await stack.enter_async_context(
            registry.open(RECORDS, settings.records.use, settings.records.options)
        )
        store = await stack.enter_async_context(
            registry.open(OBJECT_STORE, settings.store.use, settings.store.options)
        )
        identity = await stack.enter_async_context(
            registry.open(IDENTITY, settings.identity.use, settings.identity.options)
        )
        configured = []
        for order, chosen in enumerate(settings.clusters):
            runtime = await stack.enter_async_context(registry.open(RUNTIME, chosen.use, chosen.options))
            configured.append(
                Cluster(name=chosen.name, kind=chosen.use, runtime=runtime, labels=chosen.labels, order=order)
            )
        app = Application(
            registry=providers.Object(registry),
            records=providers.Object(records),
            store=providers.Object(store),
            identity=providers.Object(identity),
            configured=providers.Object(configured),
            policy=providers.Object(settings.placement.policy),
            orphan_grace=providers.Object(round(settings.limits.orphan_grace * 1000)),
            open_teams=providers.Object(settings.server.open_teams),
            secret=providers.Object(secret),
            owner=providers.Object(owner),
            url=providers.Object(url),
            peer=providers.Object(peer),
        )
        app.jobs().journal.listen(lambda _: app.feed().ring())
        app.fleet().herald(app.presence().report)
        yield app


@asynccontextmanager
async def working(app: Application) -> AsyncIterator[asyncio.Task[None]]:
    """Run everything that works by itself, as long as the context lasts.

    Yield a task that ends only when one of the loops has ended, which is a mistake of ours: better to
    stop the server, and have it started again, than one that answers and does nothing.
    """
    loops: Sequence[Callable[[], Awaitable[None]]] = (
        app.fleet().run,
        app.jobs().run,
        app.feed().run,
        app.presence().run,
        app.access().keep_house,
        Janitor([_forget_effects(app)]).run,
    )
    tasks = [asyncio.ensure_future(loop()) for loop in loops]
    watch = asyncio.create_task(_first_end(tasks))
    try:
        yield watch
    finally:
        watch.cancel()
        await app.experiments().aclose()
        await app.recorder().aclose()
        for task in tasks:
            task.cancel()
        await asyncio.gather(watch, *tasks, return_exceptions=True)


async def _first_end(tasks: Sequence[asyncio.Future[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _forget_effects(app: Application) -> Callable[[], Awaitable[None]]:
    async def forget() -> None:
        async with app.records().begin() as tx:
            await tx.effects.forget(now() - _DAY_MS)

    return forget
