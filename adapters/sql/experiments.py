"""Experiments, joined with their jobs, in SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.filtering import Columns, compile_filter, compile_search, findable
from submarine.adapters.sql.rows import padded, places, replicas_of
from submarine.core.experiments.experiment import Experiment, Record
from submarine.core.experiments.store import Query
from submarine.core.filters.expression import Comparison
from submarine.core.jobs.lifecycle import State

_RECORD: Final = (
    "id", "project", "name", "description", "framework", "rerun_of", "version", "created_by", "created"
)  # fmt: skip
_recorded: Final[Callable[[Record], tuple[object, ...]]] = attrgetter(*_RECORD)
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
_NEWEST: Final = 2_000
"""So many candidates are asked one by one before what is rare is looked up."""
_FEW: Final = 1_000
"""So many experiments are rare; what more of them have is come upon soon enough."""
_FLOOR: Final = "select id from jobs{before} order by id desc limit 1 offset {offset}"
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
        await self._session.copy("experiments", _RECORD, list(map(_recorded, records)))

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
        """Return a page, newest first.

        What many experiments have is found among the newest before long. What is not is looked up by an
        index: to ask all of a hundred thousand takes a tenth of a second.
        """
        if query.projects is not None and not query.projects:
            return []
        sought = findable(query.filter)
        if sought is None or (floor := await self._floor(query.before)) is None:
            return await self._page(query)
        newest = await self._page(query, since=floor)
        if len(newest) == query.limit:
            return newest
        older = replace(query, before=floor, limit=query.limit - len(newest))
        return [*newest, *await self._page(older, among=await self._few(sought))]

    async def _few(self, sought: Comparison) -> Collection[str] | None:
        """Return the experiments for which *sought* holds, None if they are many."""
        sql, args = compile_search(sought, self._session.dialect, _FEW + 1)
        rows = await self._session.fetch(sql, *args)
        return None if len(rows) > _FEW else [row["id"] for row in rows]

    async def _floor(self, before: str | None) -> str | None:
        """Return the oldest of the newest candidates, None if all of them are among those."""
        said, args = ("", []) if before is None else (" where id < $1", [before])
        row = await self._session.first(_FLOOR.format(before=said, offset=_NEWEST - 1), *args)
        return None if row is None else str(row["id"])

    async def _page(
        self, query: Query, *, since: str | None = None, among: Collection[str] | None = None
    ) -> Sequence[Experiment]:
        """Return a page of those not older than *since*, or of those *among* the given."""
        if among is not None and not among:
            return []
        columns = _LEAN + (", j.replicas" if query.replicas else "") + (", j.spec" if query.spec else "")
        where, args = _within(query.projects, 1, "j.project")
        if query.before is not None:
            args.append(query.before)
            where += f" and j.id < ${len(args)}"
        floor = ""
        if since is not None:
            args.append(since)
            floor = f"${len(args)}"
            where += f" and j.id >= {floor}"
        if among is not None:
            ids = padded(sorted(among))
            where += f" and j.id in ({places(len(ids), len(args) + 1)})"
            args += ids
        if query.filter is not None:
            condition, values = compile_filter(
                query.filter, _COLUMNS, self._session.dialect, first=len(args) + 1, since=floor
            )
            args += values
            where += f" and {condition}"
        args.append(query.limit)
        last = f"order by j.id desc limit ${len(args)}"
        # no word of j.kind: what is in experiments is one, and a job that is passed over need not be read
        sql = f"select {columns} {_FROM} where 1 = 1{where} {last}"
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
