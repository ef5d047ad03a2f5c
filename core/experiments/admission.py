"""Accepts experiments: whatever was answered is in the records, whole, before the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from submarine.core.access.audit import AuditEvent
from submarine.core.batching import Batcher
from submarine.core.clock import Clock, now
from submarine.core.errors import ConflictError
from submarine.core.experiments.experiment import Record
from submarine.core.experiments.spec import KIND, ExperimentSpec
from submarine.core.experiments.store import ExperimentRecords, ExperimentTransaction
from submarine.core.failpoints import reach
from submarine.core.ids import new_id
from submarine.core.jobs.demand import demand_of
from submarine.core.jobs.job import Job
from submarine.core.workloads.workload import WorkloadKind

_BATCH: Final = 200
_WAITING: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A valid spec of somebody who may submit it. ``key`` is the scoped ``Idempotency-Key``, or empty.

    ``free_name``: if the name is taken, take another like it instead of refusing.
    """

    spec: ExperimentSpec
    project: str
    team: str
    actor: str
    request: str = ""
    key: str = ""
    fingerprint: str = ""
    rerun_of: str | None = None
    free_name: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The id of the experiment, and its job; None if an earlier call with the same key made it."""

    id: str
    job: Job | None = None

    @property
    def replayed(self) -> bool:
        """Tell whether this call made nothing."""
        return self.job is None


class Admission:
    """Writes experiments that arrive together in one transaction (group commit).

    Each is refused by itself: a taken name fails its own submission and no other.
    """

    def __init__(self, records: ExperimentRecords, clock: Clock = now) -> None:
        self._records = records
        self._clock = clock
        self._batcher = Batcher[Submission, Accepted](self._flush, limit=_BATCH, waiting=_WAITING)

    async def accept(self, submission: Submission) -> Accepted:
        """Commit *submission*.

        Raise `ConflictError` if a live experiment of the project has the name, or the key was used for
        another request; `BusyError` if too many wait.
        """
        return await self._batcher.add(submission)

    async def aclose(self) -> None:
        """Return when all that was taken is written."""
        await self._batcher.aclose()

    async def _flush(self, batch: Sequence[Submission]) -> Sequence[Accepted | Exception]:
        try:
            return await self._write(batch)
        except ConflictError:
            # another server took a name or used a key between our look and our write: find out which, singly
            return [await self._alone(submission) for submission in batch]

    async def _alone(self, submission: Submission) -> Accepted | Exception:
        try:
            return (await self._write([submission]))[0]
        except ConflictError as error:
            return error

    async def _write(self, batch: Sequence[Submission]) -> Sequence[Accepted | Exception]:
        at = self._clock()
        answers, fresh = await self._sort(batch, at)
        if fresh:
            async with self._records.begin() as tx:
                await self._insert(tx, fresh, at)
                reach("admission.writing")
            reach("admission.committed")
        for index, (job, _) in fresh.items():
            answers[index] = Accepted(job.id, job)
        return [answers[index] for index in range(len(batch))]

    async def _sort(
        self, batch: Sequence[Submission], at: int
    ) -> tuple[dict[int, Accepted | Exception], dict[int, tuple[Job, Submission]]]:
        """Return answers for what is refused or was made before, and the jobs of the rest, by index."""
        used, taken = await self._look(batch)
        answers: dict[int, Accepted | Exception] = {}
        fresh: dict[int, tuple[Job, Submission]] = {}
        for index, submission in enumerate(batch):
            if submission.key in used:
                answers[index] = _replay(submission, used[submission.key])
                continue
            job = new_job(submission.spec, submission.project, submission.actor, at)
            if (job.project, job.name) in taken:
                if not submission.free_name:
                    answers[index] = ConflictError(
                        f"a live experiment of this project is named {job.name!r}; "
                        "choose another name, or cancel it"
                    )
                    continue
                job = replace(job, name=_like(job.name, job.id))
            taken.add((job.project, job.name))
            if submission.key:
                used[submission.key] = (submission.fingerprint, job.id)
            fresh[index] = (job, submission)
        return answers, fresh

    async def _look(
        self, batch: Sequence[Submission]
    ) -> tuple[dict[str, tuple[str, str]], set[tuple[str, str]]]:
        """Return what the keys of *batch* have made already, and which of its names are taken.

        Before the transaction and not in it, which so has nothing to do but to insert: that costs a third.
        """
        keys = {s.key for s in batch if s.key}
        named = {(s.project, s.spec.name) for s in batch if s.spec.name}
        if not keys and not named:
            return {}, set()
        async with self._records.glance() as tx:
            # names first: who has the name by a copy of this request, at another server, has the key by then
            taken = set(await tx.experiments.live_names(named))
            return dict(await tx.effects.made(keys)), taken

    async def _insert(
        self, tx: ExperimentTransaction, fresh: dict[int, tuple[Job, Submission]], at: int
    ) -> None:
        pairs = list(fresh.values())
        await tx.jobs.add([job for job, _ in pairs])
        await tx.experiments.add([_record(job, s) for job, s in pairs])
        seeds = [(job.id, s.spec.tags, s.spec.params) for job, s in pairs if s.spec.tags or s.spec.params]
        if seeds:
            await tx.metadata.seed(seeds)
        if keys := [(s.key, s.fingerprint, job.id, at) for job, s in pairs if s.key]:
            await tx.effects.note(keys)
        await tx.events.append([job.event(at) for job, _ in pairs])
        await tx.access.audit([_audit(job, s, at) for job, s in pairs])


def new_job(spec: ExperimentSpec, project: str, actor: str, at: int) -> Job:
    """Return the job that *spec* asks for, not yet written anywhere."""
    id_ = new_id()
    return Job(
        id=id_,
        kind=KIND,
        workload=WorkloadKind.BATCH,
        project=project,
        name=spec.name or f"experiment-{id_[-10:]}",
        spec=spec.job,
        created=at,
        created_by=actor,
        changed=at,
        due=at,
        resources=spec.job.total,
        demand=demand_of(spec.job, actor),
        priority=spec.job.priority,
        queue=spec.job.queue,
    )


def _replay(submission: Submission, used: tuple[str, str]) -> Accepted | Exception:
    fingerprint, made = used
    if fingerprint != submission.fingerprint:
        return ConflictError(
            "this Idempotency-Key was used for another request; take a new key for a new one"
        )
    return Accepted(made)


def _like(name: str, id_: str) -> str:
    return f"{name[:52].rstrip('-')}-{id_[-10:]}"


def _record(job: Job, submission: Submission) -> Record:
    return Record(
        id=job.id,
        project=job.project,
        name=job.name,
        description=submission.spec.description,
        framework=submission.spec.job.framework,
        created_by=job.created_by,
        created=job.created,
        rerun_of=submission.rerun_of,
    )


def _audit(job: Job, submission: Submission, at: int) -> AuditEvent:
    return AuditEvent(
        id=new_id(),
        at=at,
        actor=submission.actor,
        action="experiment.submit",
        target=job.id,
        team=submission.team,
        project=job.project,
        request=submission.request,
        data={"name": job.name},
    )
