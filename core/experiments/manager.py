"""The ExperimentManager: what a user can do with experiments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, InvalidError, NotFoundError, PreconditionError
from submarine.core.events.event import Event
from submarine.core.experiments.admission import Admission, Submission
from submarine.core.experiments.diff import Difference, diff
from submarine.core.experiments.doorway import Doorway, Project
from submarine.core.experiments.experiment import Experiment, Explanation, Plan
from submarine.core.experiments.filtering import FIELDS
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.experiments.store import ExperimentRecords, ExperimentTransaction, Query
from submarine.core.filters.parser import parse
from submarine.core.ids import new_id
from submarine.core.jobs.code import CodeArchive
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.logs import LogReader, log_prefix
from submarine.core.jobs.manager import JobManager
from submarine.core.jobs.outfitter import code_key
from submarine.core.pages import Page
from submarine.core.ports.object_store import ObjectStore
from submarine.core.workloads.workload import WorkloadKind

LIMIT: Final = 500
PURGE: Final = 10_000
METRICS: Final = 100
"""How many metrics of an experiment are shown with it; all of them are a list of their own."""


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
        self._doorway = doorway
        self._jobs = jobs
        self._fleet = fleet
        self._store = store
        self._eraser = eraser
        self._clock = clock
        self._admission = Admission(records, clock)
        self._logs = logs

    async def aclose(self) -> None:
        """Return when all that was accepted is written."""
        await self._admission.aclose()

    # submitting

    async def submit(
        self,
        principal: Principal,
        spec: ExperimentSpec,
        *,
        key: str = "",
        fingerprint: str = "",
        request: str = "",
        rerun_of: str | None = None,
        project: str | None = None,
    ) -> tuple[Experiment, bool]:
        """Accept *spec*: from the answer on it is in the records and will run, whatever dies.

        Return the experiment, and whether an earlier call with the same *key* had made it. Raise
        `InvalidError` if its code was not uploaded, `ConflictError` if its name is taken.
        """
        owner = await self._project_for(principal, project or spec.project)
        await self._check_code(spec, owner)
        submission = Submission(
            spec=spec,
            project=owner.id,
            team=owner.team,
            actor=principal.name,
            request=request,
            key=key,
            fingerprint=fingerprint,
            rerun_of=rerun_of,
            free_name=rerun_of is not None,
        )
        accepted = await self._admission.accept(submission)
        if accepted.job is None:
            return await self.get(principal, accepted.id), True
        self._jobs.accepted(accepted.job)
        return _fresh(accepted.job, spec, f"{owner.team}/{owner.name}", rerun_of), False

    async def plan(self, principal: Principal, spec: ExperimentSpec) -> Plan:
        """Return what `submit` would do with *spec* now; changes nothing."""
        owner = await self._project_for(principal, spec.project)
        await self._check_code(spec, owner)
        async with self._records.read() as tx:
            usage = await tx.jobs.usage()
            if spec.name and await tx.experiments.live_names({(owner.id, spec.name)}):
                raise ConflictError(f"a live experiment of this project is named {spec.name!r}")
        job = Job(
            id=new_id(),
            kind="experiment",
            workload=WorkloadKind.BATCH,
            project=owner.id,
            name=spec.name or "",
            spec=spec.job,
            created=self._clock(),
            created_by=principal.name,
            changed=self._clock(),
            resources=spec.job.total,
            priority=spec.job.priority,
            queue=spec.job.queue,
        )
        decision = self._fleet.placer(usage).decide(job, self._jobs.outfitter.outfit(job, 1))
        return Plan(spec=spec.document(), project=f"{owner.team}/{owner.name}", placement=decision)

    async def rerun(
        self, principal: Principal, ref: str, *, key: str = "", fingerprint: str = "", request: str = ""
    ) -> tuple[Experiment, bool]:
        """Submit the spec of an experiment again, as a new one."""
        found = await self._locate(principal, ref, None, Role.MEMBER, Scope.WRITE)
        return await self.submit(
            principal,
            ExperimentSpec.from_document(await self.spec(principal, found.id)),
            key=key,
            fingerprint=fingerprint,
            request=request,
            rerun_of=found.id,
            project=found.project_id,
        )

    async def spec(self, principal: Principal, ref: str) -> Mapping[str, Any]:
        """Return the spec as a document that could be submitted again."""
        found = (await self.get(principal, ref)).spec
        return found or {}

    # reading

    async def get(self, principal: Principal, ref: str, project: str | None = None) -> Experiment:
        """Return the experiment with id or name *ref*; raise `NotFoundError` if the caller may see none."""
        return await self._locate(principal, ref, project, Role.VIEWER, Scope.READ)

    async def list(
        self,
        principal: Principal,
        *,
        project: str | None = None,
        filter: str | None = None,  # noqa: A002 - its name on the wire
        cursor: str | None = None,
        limit: int = 50,
        fields: Collection[str] = (),
    ) -> Page[Experiment]:
        """Return a page of what the caller may see, newest first."""
        if not 1 <= limit <= LIMIT:
            raise InvalidError.of("limit", f"{limit} is out of range", f"1 to {LIMIT}")
        projects = await self._doorway.visible(principal)
        if project is not None:
            projects = [(await self._doorway.resolve(principal, project)).id]
        if principal.job is not None:
            return Page([])
        query = Query(
            projects=projects,
            filter=parse(filter, FIELDS, self._clock()) if filter else None,
            before=cursor,
            limit=limit + 1,
            replicas="replicas" in fields,
            spec="spec" in fields,
        )
        async with self._records.read() as tx:
            found = await tx.experiments.page(query)
            page = await _annotated(tx, found[:limit])
        return Page(page, page[-1].id if len(found) > limit else None)

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
            events = await tx.events.after("", job=job.id)
        history = tuple({"at": event.at, **event.data} for event in events)
        return Explanation(
            experiment=found, waits_for=_waits_for(job), placement=job.placement, history=history
        )

    async def events(
        self, principal: Principal, ref: str, *, cursor: str = "", limit: int = 500
    ) -> Sequence[Event]:
        """Return what happened to the experiment after *cursor*, oldest first."""
        found = await self.get(principal, ref)
        async with self._records.read() as tx:
            return await tx.events.after(cursor, job=found.id, limit=limit)

    # logs

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
        begin = b""
        if tail is not None:
            offset, begin = await self._logs.tail(job, attempt=attempt, role=role, index=index, lines=tail)
        rest = self._logs.read(
            job, attempt=attempt, role=role, index=index, offset=offset + len(begin), follow=follow
        )
        if tail is not None and not follow:
            return offset, _chain(begin, None)
        return offset, _chain(begin, rest)

    # changing

    async def cancel(
        self, principal: Principal, ref: str, *, grace: float | None = None, request: str = ""
    ) -> Experiment:
        """Cancel; an ended experiment stays as it is. Members cancel their own, maintainers anybody's.

        *grace* is how many seconds its processes have after the signal, None for what the spec says.
        """
        found = await self._own(principal, ref)
        if not found.state.terminal:
            await self._audit(principal, found, "experiment.cancel", request)
            await self._jobs.cancel(found.id, "cancelled", f"cancelled by {principal.name}", grace)
        return await self.get(principal, found.id)

    async def suspend(self, principal: Principal, ref: str, *, request: str = "") -> Experiment:
        """Pause a running experiment; raise `ConflictError` where that cannot be."""
        found = await self._own(principal, ref)
        await self._jobs.suspend(found.id)
        await self._audit(principal, found, "experiment.suspend", request)
        return await self.get(principal, found.id)

    async def resume(self, principal: Principal, ref: str, *, request: str = "") -> Experiment:
        """Let a suspended experiment go on."""
        found = await self._own(principal, ref)
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
        found = await self._own(principal, ref)
        check_version(found, version)
        async with self._records.begin() as tx:
            await tx.experiments.describe(found.id, description)
            await tx.access.audit([self._event(principal, found, "experiment.describe", request)])
        return await self.get(principal, found.id)

    async def delete(
        self, principal: Principal, ref: str, *, version: int | None = None, request: str = ""
    ) -> None:
        """Delete an ended experiment with all that belongs to it; raise `ConflictError` for a live one."""
        found = await self._own(principal, ref)
        check_version(found, version)
        if not found.state.terminal:
            raise ConflictError(f"{found.name} is {found.state}; cancel it before it is deleted")
        async with self._records.read() as tx:
            if any(not attempt.collected for attempt in await tx.jobs.attempts(found.id)):
                raise ConflictError(
                    f"the output of {found.name} is still being collected; try again in a moment"
                )
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

    # doors

    async def locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Experiment:
        """Return the experiment if the caller may do what needs *role* and *scope* with its metadata."""
        return await self._locate(principal, ref, project, role, scope)

    async def _locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Experiment:
        if principal.job is not None:
            if ref != principal.job:
                raise NotFoundError(f"no experiment {ref!r} for this job's token")
            projects: Collection[str] | None = None
        else:
            projects = await self._doorway.visible(principal)
            if project is not None:
                projects = [(await self._doorway.resolve(principal, project)).id]
        async with self._records.read() as tx:
            id_ = await tx.experiments.find(ref, projects)
            found = await tx.experiments.get(id_) if id_ else None
            if found is None:
                raise NotFoundError(f"no experiment {ref!r}")
            found = (await _annotated(tx, [found]))[0]
        if principal.job is None:
            owner = await self._doorway.project(found.project_id)
            self._doorway.require(principal, owner, role, scope)
        return replace(found, spec=_shown(found))

    async def _own(self, principal: Principal, ref: str) -> Experiment:
        """Return the experiment if the caller may change it: their own as member, any as maintainer."""
        if principal.job is not None:
            raise NotFoundError(f"no experiment {ref!r} that a job's token may change")
        found = await self._locate(principal, ref, None, Role.MEMBER, Scope.WRITE)
        if found.created_by != principal.name:
            owner = await self._doorway.project(found.project_id)
            self._doorway.require(principal, owner, Role.MAINTAINER, Scope.WRITE)
        return found

    async def _project_for(self, principal: Principal, ref: str | None) -> Project:
        owner = await self._doorway.resolve(principal, ref)
        self._doorway.require(principal, owner, Role.MEMBER, Scope.WRITE)
        return owner

    async def _check_code(self, spec: ExperimentSpec, owner: Project) -> None:
        source = spec.job.source
        if not isinstance(source, CodeArchive):
            return
        try:
            await self._store.stat(code_key(owner.id, source.digest))
        except NotFoundError:
            raise InvalidError.of(
                "code.archive.digest",
                f"no code archive {source.digest} was uploaded to {owner.team}/{owner.name}",
                f"PUT /api/v1/projects/{owner.team}%2F{owner.name}/code/{source.digest} first",
            ) from None

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


async def _annotated(tx: ExperimentTransaction, found: Sequence[Experiment]) -> list[Experiment]:
    """Return *found* with tags, params and metrics: three statements, however many there are."""
    ids = [experiment.id for experiment in found]
    if not ids:
        return []
    tags = await tx.metadata.tags_of(ids)
    params = await tx.metadata.params_of(ids)
    metrics = await tx.metadata.latest_metrics(ids, METRICS)
    return [
        replace(
            e,
            tags=tuple(tags.get(e.id, ())),
            params=params.get(e.id, {}),
            metrics=metrics.get(e.id, {}),
            spec=_shown(e, tags.get(e.id, ())) if e.spec is not None else None,
        )
        for e in found
    ]


def _fresh(job: Job, spec: ExperimentSpec, project: str, rerun_of: str | None) -> Experiment:
    """Return the experiment that was just accepted, without asking the records for what we gave them."""
    found = Experiment(
        id=job.id,
        name=job.name,
        project=project,
        project_id=job.project,
        description=spec.description,
        state=job.state,
        reason=job.reason,
        message=job.message,
        changed=job.changed,
        created=job.created,
        started=None,
        ended=None,
        created_by=job.created_by,
        attempt=job.attempt,
        cluster=None,
        queue=job.queue,
        priority=job.priority,
        framework=spec.job.framework,
        exit_code=None,
        rerun_of=rerun_of,
        version=job.version,
        tags=spec.tags,
        params=spec.params,
        replicas=(),
        spec=spec.job.document(),
    )
    return replace(found, spec=_shown(found))


def _shown(e: Experiment, tags: Sequence[str] | None = None) -> Mapping[str, Any]:
    """Return the stored job document with what the experiment adds, as somebody would submit it."""
    said: dict[str, Any] = {"kind": "experiment", "name": e.name, "project": e.project}
    if e.description:
        said["description"] = e.description
    if tags := tags if tags is not None else e.tags:
        said["tags"] = list(tags)
    return said | {key: value for key, value in (e.spec or {}).items() if key not in said}


def _check_replica(job: Job, role: str | None, index: int) -> str:
    roles = {r.name: r.replicas for r in job.spec.roles}
    name = role or next(iter(roles))
    if name not in roles:
        raise InvalidError.of("role", f"there is no role {name!r}", f"one of {', '.join(roles)}")
    if not 0 <= index < roles[name]:
        raise InvalidError.of("index", f"{index} is out of range", f"0 to {roles[name] - 1}")
    return name


def _waits_for(job: Job) -> str:
    match job.state:
        case State.ACCEPTED:
            return "the submitter to look at it"
        case State.QUEUED:
            return job.message or "a cluster with room"
        case State.PLACING:
            return f"cluster {job.cluster} to confirm the submission"
        case State.SUBMITTED:
            return job.message or f"cluster {job.cluster} to start it"
        case State.SUSPENDED:
            return "somebody to resume it"
        case State.CANCELLING:
            grace = job.spec.grace if job.grace is None else job.grace
            return f"its processes on cluster {job.cluster} to end; what is left after {grace:g} s is killed"
        case _:
            return ""


async def _chain(begin: bytes, rest: AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    if begin:
        yield begin
    if rest is not None:
        async for chunk in rest:
            yield chunk
