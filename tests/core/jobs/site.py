"""A whole JobManager on memory adapters, and a runtime whose network can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from submarine.adapters.memory.cluster import Cluster as MemoryCluster
from submarine.adapters.memory.runtime import MemoryRuntime
from submarine.core.access.project import Project
from submarine.core.access.team import Team
from submarine.core.clusters.cluster import Cluster
from submarine.core.clusters.fleet import ClusterFleet
from submarine.core.clusters.manager import ClusterManager
from submarine.core.clusters.orphanage import Orphanage
from submarine.core.errors import BusyError, FullError, UnavailableError
from submarine.core.events.history import history
from submarine.core.experiments.admission import Admission, Submission
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.jobs.job import STEP, Job
from submarine.core.jobs.logs import LogReader
from submarine.core.jobs.manager import JobManager
from submarine.core.jobs.outfitter import Outfitter
from submarine.core.jobs.spec import JobSpec, RoleSpec
from submarine.core.jobs.told import REMARK
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.core.records import RECORDS
from submarine.core.servers.presence import Presence
from submarine.core.servers.server import Server
from submarine.core.workloads.observation import Observation
from submarine.core.workloads.workload import Handle, Workload
from submarine.plugins.registry import discover

PATIENCE = 20.0


class FaultyRuntime(MemoryRuntime):
    """Does what it is told to get wrong, then what `MemoryRuntime` does."""

    def __init__(self, cluster: MemoryCluster | None = None) -> None:
        super().__init__(cluster)
        self.submits: list[Handle] = []
        self.started: list[Handle] = []
        self.lose_answers = 0
        self.away = False
        self.mute = False
        self.full = 0
        self.taken = 0
        self.hang: asyncio.Event | None = None

    @override
    def _reach(self) -> None:
        if self.away:
            raise UnavailableError("no route to the cluster")

    @override
    async def logs(
        self, handle: Handle, role: str, index: int, *, offset: int = 0, follow: bool = False
    ) -> AsyncIterator[bytes]:
        async for chunk in super().logs(handle, role, index, offset=offset, follow=follow):
            yield chunk[:5] if self.mute else chunk
            if self.mute:
                raise UnavailableError("its node is away")

    @override
    async def submit(self, workload: Workload) -> None:
        self.submits.append(workload.name)
        if self.hang is not None:
            await self.hang.wait()
        if self.full:
            self.full -= 1
            raise FullError("somebody else was quicker")
        if self.taken:
            self.taken -= 1
            raise BusyError("its name is taken")
        fresh = workload.name not in self.cluster.runs
        await super().submit(workload)
        if fresh:
            self.started.append(workload.name)
        if self.lose_answers:
            self.lose_answers -= 1
            raise UnavailableError("the connection broke after the request was sent")


class Spool:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    async def ingest_spool(self, experiment: str, lines: AsyncIterator[bytes]) -> None:
        self.lines += [line async for line in lines]


@dataclass
class Site:
    """Everything below the managers that authorise."""

    records: Any
    store: Any
    runtimes: dict[str, FaultyRuntime]
    fleet: ClusterFleet
    orphanage: Orphanage
    clusters: ClusterManager
    jobs: JobManager
    logs: LogReader
    spool: Spool
    presence: Presence
    engine: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def runtime(self) -> FaultyRuntime:
        return self.runtimes["one"]

    async def submit(self, *, project: str = "p", **changes: Any) -> str:
        """Accept a job of one replica that runs until it is ended."""
        spec = JobSpec(roles=(RoleSpec(command=("simulate",)),))
        spec = replace(spec, **changes)
        admission = Admission(self.records)
        submission = Submission(spec=ExperimentSpec(job=spec), project=project, team="t", actor="ada")
        accepted = await admission.accept(submission)
        assert accepted.job is not None
        self.jobs.accepted(accepted.job)
        return accepted.id

    async def until(self, job: str, holds: Callable[[Job], bool]) -> Job:
        """Return the job as soon as *holds*; fail after a long time."""
        found = await self.jobs.get(job)
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds(found):
                    await asyncio.sleep(0.01)
                    found = await self.jobs.get(job)
        except TimeoutError:
            raise AssertionError(f"still {found.state} ({found.reason}: {found.message})") from None
        return found

    async def in_state(self, job: str, state: str) -> Job:
        return await self.until(job, lambda found: found.state == state)

    async def history(self, job: str) -> list[str]:
        async with self.records.read() as tx:
            events = await tx.events.after("", job=job)
        return [str(event.data["state"]) for event in events if event.type == STEP]

    async def remarks(self, job: str) -> list[dict[str, Any]]:
        """Return what the timeline of *job* has from its cluster."""
        async with self.records.read() as tx:
            return [dict(e.data) async for e in history(tx.events, job) if e.type == REMARK]

    async def attempts(self, job: str) -> Sequence[Any]:
        async with self.records.read() as tx:
            return list(await tx.jobs.attempts(job))

    def start(self) -> None:
        self.engine = [asyncio.create_task(self.jobs.run()), asyncio.create_task(self.fleet.run())]

    async def kill(self) -> None:
        """Stop the engine as a crash would: nothing is finished."""
        for task in self.engine:
            task.cancel()
        await asyncio.gather(*self.engine, return_exceptions=True)


async def observed(
    runtime: MemoryRuntime, handles: Collection[Handle] | None = None
) -> dict[str, Observation]:
    """Return what is on the cluster, by handle."""
    return {o.handle: o for o in await runtime.observe(handles)}


def build(records: Any, store: Any, runtimes: dict[str, FaultyRuntime], owner: str = "server-1") -> Site:
    """Wire a server over what may be shared with another one."""
    registry = discover()
    clusters = [
        Cluster(name=name, kind="memory", runtime=runtime, labels={"zone": name}, order=order)
        for order, (name, runtime) in enumerate(runtimes.items())
    ]
    fleet = ClusterFleet(records, clusters, registry.policies, "least-loaded", owner)
    orphanage = Orphanage(records)
    manager = ClusterManager(records, fleet, orphanage)
    presence = Presence(records, lambda: _server(owner, fleet))
    fleet.herald(presence.report)
    outfitter = Outfitter(
        store, registry.frameworks, lambda j, a: f"token-{j}-{a}", lambda: "http://here", "s"
    )
    spool = Spool()
    jobs = JobManager(records, fleet, store, outfitter, spool, orphanage, owner)
    logs = LogReader(records, fleet, store)
    return Site(records, store, runtimes, fleet, orphanage, manager, jobs, logs, spool, presence)


def _server(owner: str, fleet: ClusterFleet) -> Server:
    return Server(id=owner, url="", host=owner, version="0", clusters=tuple(fleet.reached()))


@asynccontextmanager
async def shared() -> AsyncIterator[tuple[Any, Any]]:
    """Open records with a team and a project, and a store."""
    registry = discover()
    async with AsyncExitStack() as stack:
        records: Any = await stack.enter_async_context(registry.open(RECORDS, "memory", {}))
        store = await stack.enter_async_context(registry.open(OBJECT_STORE, "memory", {}))
        async with records.begin() as tx:
            for name in ("p", "q"):
                await tx.access.add_team(Team(id=f"t{name}", name=f"t{name}", created=0))
                await tx.access.add_project(Project(id=name, name=name, team=f"t{name}", created=0))
        yield records, store
