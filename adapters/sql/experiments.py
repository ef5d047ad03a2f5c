"""Experiments, joined with their jobs, in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.filtering import Columns, compile_filter
from submarine.adapters.sql.rows import padded, places, replicas_of
from submarine.core.experiments.experiment import Experiment, Record
from submarine.core.experiments.store import Query
from submarine.core.jobs.lifecycle import State

_RECORD: Final = (
    "id", "project", "name", "description", "framework", "rerun_of", "version", "created_by", "created"
)  # fmt: skip
_LEAN: Final = (
    "j.id, j.name, j.project as project_id, p.team || '/' || p.name as project, e.description, j.state, "
    "j.reason, j.message, j.changed, j.created, j.started, j.ended, j.created_by, j.attempt, j.cluster, "
    "j.queue, j.priority, e.framework, j.exit_code, e.rerun_of, j.version + e.version - 1 as version"
)
_FROM: Final = "from jobs j join experiments e on e.id = j.id join projects p on p.id = j.project"
_COLUMNS: Final = Columns(
    names={
        "id": "j.id",
        "name": "j.name",
        "project": "(p.team || '/' || p.name)",
        "team": "p.team",
        "state": "j.state",
        "reason": "j.reason",
        "cluster": "j.cluster",
        "queue": "j.queue",
        "priority": "j.priority",
        "framework": "e.framework",
        "created_by": "j.created_by",
        "created_at": "j.created",
        "started_at": "j.started",
        "ended_at": "j.ended",
        "exit_code": "j.exit_code",
        "attempt": "j.attempt",
        "rerun_of": "e.rerun_of",
    },
    experiment="j.id",
)
_LIVE: Final = (
    "select project, name from jobs where kind = 'experiment' and ended is null and name in ({names})"
)
_BY_ID: Final = "select id from jobs where id = $1 and kind = 'experiment'"
_BY_NAME: Final = (
    "select id from jobs where name = $1 and kind = 'experiment'{projects} order by id desc limit 1"
)


class SqlExperiments:
    """Fills `ExperimentStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, records: Sequence[Record]) -> None:
        """Insert *records*."""
        rows = [tuple(getattr(record, name) for name in _RECORD) for record in records]
        await self._session.copy("experiments", _RECORD, rows)

    async def live_names(self, wanted: Collection[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Return those of the (project, name) pairs that a live experiment has."""
        if not wanted:
            return ()
        names = padded(sorted({name for _, name in wanted}))
        rows = await self._session.fetch(_LIVE.format(names=places(len(names))), *names)
        return {(row["project"], row["name"]) for row in rows} & set(wanted)

    async def find(self, ref: str, projects: Collection[str] | None) -> str | None:
        """Return the id of the experiment with id *ref*, else of the newest named so."""
        if projects is not None and not projects:
            return None
        where, args = _within(projects, 2)
        for sql in (_BY_ID + where, _BY_NAME.format(projects=where)):
            if (row := await self._session.first(sql, ref, *args)) is not None:
                return str(row["id"])
        return None

    async def page(self, query: Query) -> Sequence[Experiment]:
        """Return a page, newest first."""
        if query.projects is not None and not query.projects:
            return []
        columns = _LEAN + (", j.replicas" if query.replicas else "") + (", j.spec" if query.spec else "")
        where, args = _within(query.projects, 1, "j.project")
        if query.before is not None:
            args.append(query.before)
            where += f" and j.id < ${len(args)}"
        if query.filter is not None:
            condition, values = compile_filter(
                query.filter, _COLUMNS, self._session.dialect, first=len(args) + 1
            )
            args += values
            where += f" and {condition}"
        args.append(query.limit)
        last = f"order by j.id desc limit ${len(args)}"
        sql = f"select {columns} {_FROM} where j.kind = 'experiment'{where} {last}"
        return [_experiment(row) for row in await self._session.fetch(sql, *args)]

    async def get(self, id: str) -> Experiment | None:  # noqa: A002 - it is one
        """Return everything but tags, params and metrics."""
        row = await self._session.first(f"select {_LEAN}, j.replicas, j.spec {_FROM} where j.id = $1", id)
        return None if row is None else _experiment(row)

    async def describe(self, id: str, description: str) -> None:  # noqa: A002
        """Replace the description."""
        sql = "update experiments set description = $2, version = version + 1 where id = $1"
        await self._session.execute(sql, id, description)

    async def edited(self, id: str) -> None:  # noqa: A002
        """Count an edit."""
        await self._session.execute("update experiments set version = version + 1 where id = $1", id)

    async def delete(self, id: str) -> None:  # noqa: A002
        """Delete the record."""
        await self._session.execute("delete from experiments where id = $1", id)


def _within(
    projects: Collection[str] | None, first: int, column: str = "project"
) -> tuple[str, list[object]]:
    if projects is None:
        return "", []
    ids = padded(sorted(projects))
    return f" and {column} in ({places(len(ids), first)})", ids


def _experiment(row: Row) -> Experiment:
    found: dict[str, Any] = dict(row)
    found["state"] = State(found["state"])
    if "replicas" in found:
        found["replicas"] = replicas_of(found["replicas"])
    if "spec" in found:
        found["spec"] = json.loads(found["spec"])
    return Experiment(**found)


class SqlEffects:
    """Fills `EffectStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def made(self, keys: Collection[str]) -> dict[str, tuple[str, str]]:
        """Return what each used key made."""
        if not keys:
            return {}
        wanted = padded(sorted(keys))
        sql = f"select key, fingerprint, made from effects where key in ({places(len(wanted))})"
        rows = await self._session.fetch(sql, *wanted)
        return {row["key"]: (row["fingerprint"], row["made"]) for row in rows}

    async def note(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        """Insert what was made."""
        await self._session.copy("effects", ("key", "fingerprint", "made", "at"), rows)

    async def forget(self, before: int) -> int:
        """Forget what was made before *before* (Unix ms): its keys may be used again."""
        return await self._session.execute("delete from effects where at < $1", before)
