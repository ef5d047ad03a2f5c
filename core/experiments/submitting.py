"""Takes submissions: who may, whether they can ever run, and what would come of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError, InvalidError, NotFoundError
from submarine.core.experiments.admission import Admission, Submission, new_job
from submarine.core.experiments.doorway import Doorway, Project
from submarine.core.experiments.experiment import Experiment, Plan
from submarine.core.experiments.finding import Finder, shown
from submarine.core.experiments.spec import ExperimentSpec
from submarine.core.experiments.store import ExperimentRecords
from submarine.core.jobs.code import CodeArchive
from submarine.core.jobs.fleet import Fleet
from submarine.core.jobs.job import Job
from submarine.core.jobs.manager import JobManager
from submarine.core.jobs.outfitter import code_key
from submarine.core.ports.object_store import ObjectStore


class Submissions:
    """Authorises and checks, then has `Admission` write."""

    def __init__(
        self,
        records: ExperimentRecords,
        doorway: Doorway,
        finder: Finder,
        jobs: JobManager,
        fleet: Fleet,
        store: ObjectStore,
        clock: Clock = now,
    ) -> None:
        self._records = records
        self._doorway = doorway
        self._finder = finder
        self._jobs = jobs
        self._fleet = fleet
        self._store = store
        self._clock = clock
        self._admission = Admission(records, clock)

    async def aclose(self) -> None:
        """Return when all that was accepted is written."""
        await self._admission.aclose()

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
        await self._check(spec, owner)
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
            found = await self._finder.locate(principal, accepted.id, None, Role.VIEWER, Scope.READ)
            return found, True
        self._jobs.accepted(accepted.job)
        return _fresh(accepted.job, spec, f"{owner.team}/{owner.name}", rerun_of), False

    async def plan(self, principal: Principal, spec: ExperimentSpec) -> Plan:
        """Return what `submit` would do with *spec* now; changes nothing."""
        owner = await self._project_for(principal, spec.project)
        await self._check(spec, owner)
        async with self._records.read() as tx:
            usage = await tx.jobs.usage()
            if spec.name and await tx.experiments.live_names({(owner.id, spec.name)}):
                raise ConflictError(f"a live experiment of this project is named {spec.name!r}")
        job = new_job(spec, owner.id, principal.name, self._clock())
        decision = self._fleet.placer(usage).decide(job, self._jobs.outfitter.outfit(job, 1))
        return Plan(spec=spec.document(), project=f"{owner.team}/{owner.name}", placement=decision)

    async def rerun(
        self, principal: Principal, ref: str, *, key: str = "", fingerprint: str = "", request: str = ""
    ) -> tuple[Experiment, bool]:
        """Submit the spec of an experiment again, as a new one."""
        found = await self._finder.locate(principal, ref, None, Role.MEMBER, Scope.WRITE)
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
        found = await self._finder.locate(principal, ref, None, Role.VIEWER, Scope.READ)
        return found.spec or {}

    async def _project_for(self, principal: Principal, ref: str | None) -> Project:
        owner = await self._doorway.resolve(principal, ref)
        self._doorway.require(principal, owner, Role.MEMBER, Scope.WRITE)
        return owner

    async def _check(self, spec: ExperimentSpec, owner: Project) -> None:
        """Raise `InvalidError` for what is well said, and can never run here."""
        await self._fleet.check(spec.job.placement)
        if name := spec.job.environment.name:
            raise InvalidError.of("environment.name", f"there is no environment {name!r}", "image or python")
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


def _fresh(job: Job, spec: ExperimentSpec, project: str, rerun_of: str | None) -> Experiment:
    """Return the experiment that was just accepted, without asking the records for what we gave them."""
    return Experiment(
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
        spec=shown(spec.job.document(), job.name, project, spec.description, spec.tags),
    )
