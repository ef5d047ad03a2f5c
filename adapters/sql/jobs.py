"""Jobs and attempts in SQL."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.rows import (
    decision_of,
    decision_text,
    dumps,
    padded,
    places,
    replicas_of,
    replicas_text,
)
from submarine.core.errors import SubmarineError
from submarine.core.jobs.job import Attempt, Job
from submarine.core.jobs.lifecycle import State
from submarine.core.jobs.spec import JobSpec
from submarine.core.jobs.store import Standing, Usage
from submarine.core.workloads.resources import Resources
from submarine.core.workloads.workload import WorkloadKind

log = logging.getLogger(__name__)

_FIXED: Final = (
    "id", "kind", "workload", "project", "name", "priority", "queue", "created", "cpu", "memory", "extra",
    "spec", "created_by", "demand",
)  # fmt: skip
_MOVING: Final = (
    "state", "reason", "message", "changed", "attempt", "cluster", "started", "ended", "due", "exit_code",
    "placement", "replicas", "native", "grace", "version",
)  # fmt: skip
_COLUMNS: Final = (*_FIXED, *_MOVING)
_LIST: Final = ", ".join(_COLUMNS)
_CHUNK: Final = 512
# partial indexes are found only if the statement says their condition in the same words
_WAITING: Final = "state in ('accepted', 'queued')"
_PLACED: Final = "state in ('placing', 'submitted', 'running', 'suspended', 'cancelling')"

_SAVE: Final = (
    f"update jobs set {', '.join(f'{name} = ${n}' for n, name in enumerate(_MOVING, 1))}, writer = $16 "
    "where id = $17 and version = $18 and writer <> $16"
)
_SAVED: Final = "select id, version from jobs where writer = $1 and id in ({ids})"
_GET: Final = f"select {_LIST} from jobs where id = $1"
_MANY: Final = f"select {_LIST} from jobs where id in ({{ids}})"
_STANDINGS: Final = "select id, project, attempt, state from jobs where id in ({ids})"
_ACCEPTED: Final = f"select {_LIST} from jobs where state = 'accepted' order by priority desc, id limit $1"
_HEADS: Final = (
    f"select {_LIST} from (select {_LIST}, "
    "row_number() over (partition by demand order by priority desc, id) as place "
    "from jobs where state = 'queued' and due <= $1) as queue where place <= $2 "
    "order by priority desc, id"
)
_WAITING_COUNT: Final = f"select count(*) as jobs from jobs where {_WAITING}"
_ON_CLUSTER: Final = (
    f"select {_LIST} from jobs where cluster = $1 and {_PLACED} and state in ({{states}}) and id > $2 "
    "order by id limit $3"
)
_USAGE: Final = (
    "select cluster, project, extra, count(*) as jobs, "
    "cast(sum(cpu) as bigint) as cpu, cast(sum(memory) as bigint) as memory from jobs where "
    f"{_PLACED} group by cluster, project, extra"
)
_ATTEMPT: Final = (
    "job", "number", "cluster", "state", "reason", "exit_code", "created", "ended", "collected", "replicas"
)  # fmt: skip
_ATTEMPTS: Final = ", ".join(_ATTEMPT)
_OPEN: Final = (
    f"insert into attempts ({_ATTEMPTS}) values ({places(len(_ATTEMPT))}) "
    "on conflict (job, number) do update set cluster = excluded.cluster where attempts.ended is null"
)
_CLOSE: Final = (
    "update attempts set state = $3, reason = $4, exit_code = $5, ended = $6, replicas = $7 "
    "where job = $1 and number = $2 and ended is null"
)
_ATTEMPTS_OF: Final = f"select {_ATTEMPTS} from attempts where job = $1 order by number"
_UNCOLLECTED: Final = (
    f"select {_ATTEMPTS} from attempts where cluster = $1 and collected = 0 and ended is not null "
    "order by ended limit $2"
)
_MARK: Final = "update attempts set collected = 1 where job = $1 and number = $2"
_KNOWN: Final = "select job, number, collected from attempts where cluster = $1 and job in ({ids})"


class SqlJobs:
    """Fills `JobStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, jobs: Sequence[Job]) -> None:
        """Insert *jobs*."""
        rows = [(*_fixed(job), *_moving(job)) for job in jobs]
        await self._session.copy("jobs", _COLUMNS, rows)

    async def get(self, job: str) -> Job | None:
        """Return the job, None if unknown."""
        row = await self._session.first(_GET, job)
        return None if row is None else _job(row)

    async def many(self, jobs: Collection[str]) -> Sequence[Job]:
        """Return those of *jobs* that exist."""
        found: list[Job] = []
        ids = list(jobs)
        for start in range(0, len(ids), _CHUNK):
            chunk = padded(ids[start : start + _CHUNK])
            rows = await self._session.fetch(_MANY.format(ids=places(len(chunk))), *chunk)
            found += _readable(rows)
        return found

    async def standings(self, jobs: Collection[str]) -> Mapping[str, Standing]:
        """Return how those of *jobs* that exist stand, by id."""
        found: dict[str, Standing] = {}
        ids = list(jobs)
        for start in range(0, len(ids), _CHUNK):
            chunk = padded(ids[start : start + _CHUNK])
            for row in await self._session.fetch(_STANDINGS.format(ids=places(len(chunk))), *chunk):
                found[row["id"]] = Standing(row["project"], row["attempt"], State(row["state"]))
        return found

    async def save(self, jobs: Sequence[Job]) -> Sequence[bool]:
        """Write each job if the record's version is one less than its own; tell which were written."""
        writer = secrets.token_hex(8)  # what tells our version from the same version of somebody else
        rows = [(*_moving(job), writer, job.id, job.version - 1) for job in jobs]
        await self._session.execute_many(_SAVE, rows)
        saved: set[tuple[str, int]] = set()
        for start in range(0, len(jobs), _CHUNK):
            ids = padded([job.id for job in jobs[start : start + _CHUNK]])
            found = await self._session.fetch(_SAVED.format(ids=places(len(ids), 2)), writer, *ids)
            saved |= {(row["id"], row["version"]) for row in found}
        return _first_of_each(jobs, saved)

    async def accepted(self, limit: int) -> Sequence[Job]:
        """Return jobs that nobody has looked at yet."""
        return _readable(await self._session.fetch(_ACCEPTED, limit))

    async def heads(self, at: int, each: int) -> Sequence[Job]:
        """Return due queued jobs, the first *each* of every demand."""
        return _readable(await self._session.fetch(_HEADS, at, each))

    async def waiting(self) -> int:
        """Return how many jobs wait for a cluster."""
        row = await self._session.first(_WAITING_COUNT)
        return row["jobs"] if row else 0

    async def on_cluster(
        self, cluster: str, states: Collection[State], *, after: str = "", limit: int = 1000
    ) -> Sequence[Job]:
        """Return jobs of *cluster* in *states*, by id."""
        wanted = padded(sorted(state.value for state in states)) if states else [""]
        sql = _ON_CLUSTER.format(states=places(len(wanted), 4))
        return _readable(await self._session.fetch(sql, cluster, after, limit, *wanted))

    async def usage(self) -> Sequence[Usage]:
        """Return what all live jobs hold."""
        found = []
        for row in await self._session.fetch(_USAGE):
            extra = {name: count * row["jobs"] for name, count in json.loads(row["extra"]).items()}
            held = Resources(cpu=row["cpu"], memory=row["memory"], extra=extra)
            found.append(
                Usage(cluster=row["cluster"], project=row["project"], jobs=row["jobs"], resources=held)
            )
        return found

    async def open_attempt(self, attempts: Sequence[Attempt]) -> None:
        """Insert *attempts*; one that never began may be given to another cluster."""
        await self._session.execute_many(_OPEN, [_attempt_row(attempt) for attempt in attempts])

    async def close_attempt(self, attempts: Sequence[Attempt]) -> None:
        """Write how *attempts* ended."""
        rows = [
            (a.job, a.number, a.state.value, a.reason, a.exit_code, a.ended, replicas_text(a.replicas))
            for a in attempts
        ]
        await self._session.execute_many(_CLOSE, rows)

    async def attempts(self, job: str) -> Sequence[Attempt]:
        """Return all attempts of *job*, oldest first."""
        return [_attempt(row) for row in await self._session.fetch(_ATTEMPTS_OF, job)]

    async def uncollected(self, cluster: str, limit: int) -> Sequence[Attempt]:
        """Return ended attempts whose logs are not ours yet."""
        return [_attempt(row) for row in await self._session.fetch(_UNCOLLECTED, cluster, limit)]

    async def mark_collected(self, attempt: Attempt) -> None:
        """Note that logs are ours."""
        await self._session.execute(_MARK, attempt.job, attempt.number)

    async def known_attempts(
        self, cluster: str, pairs: Collection[tuple[str, int]]
    ) -> Mapping[tuple[str, int], bool]:
        """Return for each known pair whether it may still be on the cluster."""
        ids = sorted({job for job, _ in pairs})
        found: dict[tuple[str, int], bool] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = padded(ids[start : start + _CHUNK])
            rows = await self._session.fetch(_KNOWN.format(ids=places(len(chunk), 2)), cluster, *chunk)
            found |= {(row["job"], row["number"]): not row["collected"] for row in rows}
        return {pair: found[pair] for pair in pairs if pair in found}

    async def delete(self, job: str) -> None:
        """Delete the job and its attempts."""
        await self._session.execute("delete from attempts where job = $1", job)
        await self._session.execute("delete from jobs where id = $1", job)


def _first_of_each(jobs: Sequence[Job], saved: set[tuple[str, int]]) -> list[bool]:
    """Of several steps of one job in a batch one was written at most: the first that met the version."""
    left = set(saved)
    answers = []
    for step in ((job.id, job.version) for job in jobs):
        answers.append(step in left)
        left.discard(step)
    return answers


def _fixed(job: Job) -> tuple[object, ...]:
    return (
        job.id,
        job.kind,
        job.workload.value,
        job.project,
        job.name,
        job.priority,
        job.queue,
        job.created,
        job.resources.cpu,
        job.resources.memory,
        dumps(dict(job.resources.extra)),
        dumps(job.spec.document()),
        job.created_by,
        job.demand,
    )


def _moving(job: Job) -> tuple[object, ...]:
    return (
        job.state.value,
        job.reason,
        job.message,
        job.changed,
        job.attempt,
        job.cluster,
        job.started,
        job.ended,
        job.due,
        job.exit_code,
        decision_text(job.placement),
        replicas_text(job.replicas),
        dumps(dict(job.native)),
        job.grace,
        job.version,
    )


def _readable(rows: Sequence[Row]) -> list[Job]:
    """Return the jobs of *rows* but those that cannot be read: one bad record must not stop the others."""
    found = []
    for row in rows:
        try:
            found.append(_job(row))
        except (SubmarineError, LookupError, TypeError, ValueError):
            log.exception("the record of job %s cannot be read; it is left alone", row["id"])
    return found


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        workload=WorkloadKind(row["workload"]),
        project=row["project"],
        name=row["name"],
        spec=JobSpec.from_document(json.loads(row["spec"])),
        created=row["created"],
        created_by=row["created_by"],
        demand=row["demand"],
        changed=row["changed"],
        resources=Resources(cpu=row["cpu"], memory=row["memory"], extra=json.loads(row["extra"])),
        state=State(row["state"]),
        reason=row["reason"],
        message=row["message"],
        attempt=row["attempt"],
        version=row["version"],
        priority=row["priority"],
        queue=row["queue"],
        cluster=row["cluster"],
        started=row["started"],
        ended=row["ended"],
        due=row["due"],
        exit_code=row["exit_code"],
        placement=decision_of(row["placement"]),
        replicas=replicas_of(row["replicas"]),
        native=json.loads(row["native"]),
        grace=row["grace"],
    )


def _attempt_row(attempt: Attempt) -> tuple[object, ...]:
    return (
        attempt.job,
        attempt.number,
        attempt.cluster,
        attempt.state.value,
        attempt.reason,
        attempt.exit_code,
        attempt.created,
        attempt.ended,
        int(attempt.collected),
        replicas_text(attempt.replicas),
    )


def _attempt(row: Row) -> Attempt:
    return Attempt(
        job=row["job"],
        number=row["number"],
        cluster=row["cluster"],
        state=State(row["state"]),
        reason=row["reason"],
        exit_code=row["exit_code"],
        created=row["created"],
        ended=row["ended"],
        collected=bool(row["collected"]),
        replicas=replicas_of(row["replicas"]),
    )
