"""The ExperimentManager: what a user can do with experiments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, PreconditionError
from submarine.core.events.event import Event
from submarine.core.events.history import history
from submarine.core.experiments.diff import Difference, diff
from submarine.core.experiments.doorway import Doorway
from submarine.core.experiments.experiment import Experiment, Explanation
from submarine.core.experiments.finding import Finder
from submarine.core.experiments.spec import read_description
from submarine.core.experiments.store import ExperimentRecords
from submarine.core.experiments.submitting import Submissions
from submarine.core.experiments.waiting import waits_for
from submarine.core.ids import new_id
from submarine.core.jobs.code import CodeArchive
from submarine.core.jobs.faults import Faults
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import STEP, Job
from submarine.core.jobs.logs import LogReader, log_prefix
from submarine.core.jobs.manager import JobManager
from submarine.core.jobs.outfitter import code_key
from submarine.core.ports.object_store import ObjectStore

PURGE: Final = 10_000
PATIENCE_S: Final = 10.0
"""How long a deletion waits for output that is just being collected."""


class Eraser(Protocol):
    """Deletes the metadata of an experiment: params, tags, metrics, artifacts."""

    async def erase(self, experiment: str, project: str) -> None:
        """Delete everything that is kept for *experiment*; twice is as good as once."""
        ...


class ExperimentManager:
    """Authorises, then delegates to the JobManager; every write is audited."""

    def __init__(
        self,
        records: ExperimentRecords,
        doorway: Doorway,
        jobs: JobManager,
        fleet: Fleet,
        store: ObjectStore,
        eraser: Eraser,
        logs: LogReader,
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._jobs = jobs
        self._store = store
        self._eraser = eraser
        self._clock = clock
        self._logs = logs
        self.finder = Finder(records, doorway, clock)
        self.submissions = Submissions(records, doorway, self.finder, jobs, fleet, store, clock)

    async def aclose(self) -> None:
        """Return when all that was accepted is written."""
        await self.submissions.aclose()

    async def get(self, principal: Principal, ref: str, project: str | None = None) -> Experiment:
        """Return the experiment with id or name *ref*; raise `NotFoundError` if the caller may see none."""
        return await self.finder.locate(principal, ref, project, Role.VIEWER, Scope.READ)

    async def diff(
        self, principal: Principal, a: str, b: str
    ) -> tuple[Experiment, Experiment, dict[str, Any]]:
        """Return both experiments, and how their specs and newest metrics differ."""
        one, other = await self.get(principal, a), await self.get(principal, b)
        specs: dict[str, list[Difference]] = {
            "spec": diff(one.spec or {}, other.spec or {}),
            "metrics": diff(one.metrics, other.metrics),
        }
        return one, other, specs

    async def explain(self, principal: Principal, ref: str) -> Explanation:
        """Return why the experiment is where it is, how it was placed, and how it came there."""
        found = await self.get(principal, ref)
        job = await self._jobs.get(found.id)
        async with self._records.read() as tx:
            steps = [
                {"at": event.at, **event.data}
                async for event in history(tx.events, job.id)
                if event.type == STEP
            ]
        return Explanation(
            experiment=found, waits_for=waits_for(job), placement=job.placement, history=tuple(steps)
        )

    async def events(
        self, principal: Principal, ref: str, *, cursor: str = "", limit: int = 500
    ) -> Sequence[Event]:
        """Return what happened to the experiment after *cursor*, oldest first."""
        found = await self.get(principal, ref)
        async with self._records.read() as tx:
            return await tx.events.after(cursor, job=found.id, limit=limit)

    async def logs(
        self,
        principal: Principal,
        ref: str,
        *,
        role: str | None = None,
        index: int = 0,
        attempt: int | None = None,
        offset: int = 0,
        tail: int | None = None,
        follow: bool = False,
    ) -> tuple[int, AsyncIterator[bytes]]:
        """Return the offset of the first byte, and the output of one replica from there on."""
        found = await self.get(principal, ref)
        job = await self._jobs.get(found.id)
        role = _check_replica(job, role, index)
        await self._logs.require_here(job, attempt)
        begin = b""
        if tail is not None:
            offset, begin = await self._logs.tail(job, attempt=attempt, role=role, index=index, lines=tail)
        rest = self._logs.read(
            job, attempt=attempt, role=role, index=index, offset=offset + len(begin), follow=follow
        )
        if tail is not None and not follow:
            return offset, _chain(begin, None)
        return offset, _chain(begin, rest)

    async def cancel(
        self, principal: Principal, ref: str, *, grace: float | None = None, request: str = ""
    ) -> Experiment:
        """Cancel; an ended experiment stays as it is. Members cancel their own, maintainers anybody's.

        *grace* is how many seconds its processes have after the signal, None for what the spec says.
        """
        found = await self.finder.own(principal, ref)
        if not found.state.terminal:
            await self._audit(principal, found, "experiment.cancel", request)
            await self._jobs.cancel(found.id, "cancelled", f"cancelled by {principal.name}", grace)
        return await self.get(principal, found.id)

    async def suspend(self, principal: Principal, ref: str, *, request: str = "") -> Experiment:
        """Pause a running experiment; raise `ConflictError` where that cannot be."""
        found = await self.finder.own(principal, ref)
        await self._jobs.suspend(found.id)
        await self._audit(principal, found, "experiment.suspend", request)
        return await self.get(principal, found.id)

    async def resume(self, principal: Principal, ref: str, *, request: str = "") -> Experiment:
        """Let a suspended experiment go on."""
        found = await self.finder.own(principal, ref)
        await self._jobs.resume(found.id)
        await self._audit(principal, found, "experiment.resume", request)
        return await self.get(principal, found.id)

    async def describe(
        self,
        principal: Principal,
        ref: str,
        description: str,
        *,
        version: int | None = None,
        request: str = "",
    ) -> Experiment:
        """Replace the description; *version* is what the caller last read (None: whatever it is)."""
        faults = Faults()
        faults.read("description", read_description, description, "")
        faults.refuse("the change")
        found = await self.finder.own(principal, ref)
        check_version(found, version)
        async with self._records.begin() as tx:
            await tx.experiments.describe(found.id, description)
            await tx.access.audit([self._event(principal, found, "experiment.describe", request)])
        return await self.get(principal, found.id)

    async def delete(
        self, principal: Principal, ref: str, *, version: int | None = None, request: str = ""
    ) -> None:
        """Delete an ended experiment with all that belongs to it; raise `ConflictError` for a live one."""
        found = await self.finder.own(principal, ref)
        check_version(found, version)
        if not found.state.terminal:
            raise ConflictError(f"{found.name} is {found.state}; cancel it before it is deleted")
        if not await self._jobs.collected(found.id, PATIENCE_S):
            raise ConflictError(f"the output of {found.name} is still being collected; try again in a moment")
        # bytes and metadata first: what is left after a crash can still be found, and deleted again
        await self._eraser.erase(found.id, found.project_id)
        async for entry in self._store.list(log_prefix(found.id)):
            await self._store.delete(entry.key)
        async with self._records.begin() as tx:
            await tx.experiments.delete(found.id)
            while not await tx.metadata.purge(found.id, PURGE):
                pass  # what arrived since it was erased
            await tx.jobs.delete(found.id)
            await tx.events.delete(found.id)
            await tx.access.audit([self._event(principal, found, "experiment.delete", request)])
        await self._eraser.erase(found.id, found.project_id)

    async def code(
        self, principal: Principal, ref: str, *, project: str | None = None
    ) -> tuple[CodeArchive, AsyncIterator[bytes]]:
        """Return the archive an experiment's code was uploaded as, and its bytes; the job's own token may.

        Raise `NotFoundError` if its code is elsewhere, or it has none.
        """
        found = await self.locate(principal, ref, project, Role.VIEWER, Scope.READ)
        source = (await self._jobs.get(found.id)).spec.source
        if not isinstance(source, CodeArchive):
            raise NotFoundError(f"experiment {found.name} has no uploaded code")
        return source, self._store.get(code_key(found.project_id, source.digest))

    async def locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Experiment:
        """Return the experiment if the caller may do what needs *role* and *scope* with its metadata."""
        return await self.finder.locate(principal, ref, project, role, scope)

    async def _audit(self, principal: Principal, found: Experiment, action: str, request: str) -> None:
        async with self._records.begin() as tx:
            await tx.access.audit([self._event(principal, found, action, request)])

    def _event(self, principal: Principal, found: Experiment, action: str, request: str) -> AuditEvent:
        return AuditEvent(
            id=new_id(),
            at=self._clock(),
            actor=principal.name,
            action=action,
            target=found.id,
            team=found.project.partition("/")[0],
            project=found.project_id,
            request=request,
            data={"name": found.name},
        )


def check_version(found: Experiment, version: int | None) -> None:
    """Raise `PreconditionError` if the caller read another version than the present one."""
    if version is not None and version != found.version:
        raise PreconditionError(f"{found.name} is at version {found.version}, not {version}; read it again")


def _check_replica(job: Job, role: str | None, index: int) -> str:
    roles = {r.name: r.replicas for r in job.spec.roles}
    name = role or next(iter(roles))
    if name not in roles:
        raise InvalidError.of("role", f"there is no role {name!r}", f"one of {', '.join(roles)}")
    if not 0 <= index < roles[name]:
        raise InvalidError.of("index", f"{index} is out of range", f"0 to {roles[name] - 1}")
    return name


async def _chain(begin: bytes, rest: AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    if begin:
        yield begin
    if rest is not None:
        async for chunk in rest:
            yield chunk
