"""The feed in SQL.

On PostgreSQL a later sequence number may commit before an earlier one. So the place of an event is
(transaction, number), and only transactions older than every one still running are shown: then nothing
can appear before what was shown (the pattern of transactional outboxes; ``pg_snapshot_xmin`` in
https://www.postgresql.org/docs/current/functions-info.html).

On SQLite it is (incarnation, number). What an incarnation is, and why a cursor ends with the history it is
of, is said in `incarnations`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Database, Row, Session
from submarine.adapters.sql.incarnations import TOKEN, beyond, incarnation, note_deletion
from submarine.adapters.sql.rows import dumps, padded, places
from submarine.core.events.event import Event, position

_COLUMNS: Final = ("at", "project", "job", "type", "data")
_SETTLED: Final = {
    "postgres": "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    "sqlite": "true",
}
_AFTER: Final = (
    "select seq, xid, {history} as history, at, project, job, type, data from events "
    "where (xid, seq) > ($1, $2) and {settled}{job}{projects} order by xid, seq limit $3"
)
_OF_ANOTHER: Final = (
    "update events set xid = 0 where xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
)
_LAST: Final = (
    "select seq, xid, {history} as history from events where {settled} order by xid desc, seq desc limit 1"
)


class SqlEvents:
    """Fills `EventStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, events: Sequence[Event]) -> None:
        """Add *events* in their order."""
        if not events:
            return
        rows = [(e.at, e.project, e.job, e.type, dumps(dict(e.data))) for e in events]
        if self._session.dialect == "postgres":
            await self._session.copy("events", _COLUMNS, rows)
        else:
            number = await incarnation(self._session)
            await self._session.copy("events", ("xid", *_COLUMNS), [(number, *row) for row in rows])

    async def after(
        self,
        cursor: str,
        *,
        projects: Collection[str] | None = None,
        job: str | None = None,
        limit: int = 500,
    ) -> Sequence[Event]:
        """Return events after *cursor*, oldest first."""
        if projects is not None and not projects:
            return []
        args: list[object] = [*position(cursor), limit]
        job_sql = projects_sql = ""
        if job is not None:
            args.append(job)
            job_sql = f" and job = ${len(args)}"
        if projects is not None:
            ids = padded(sorted(projects))
            projects_sql = f" and project in ({places(len(ids), len(args) + 1)})"
            args += ids
        sql = self._spoken(_AFTER, job=job_sql, projects=projects_sql)
        return [_event(row) for row in await self._session.fetch(sql, *args)]

    async def last(self) -> str:
        """Return the cursor of the newest visible event."""
        row = await self._session.first(self._spoken(_LAST))
        return "" if row is None else _cursor(row)

    async def beyond(self, cursor: str) -> bool:
        """Tell whether *cursor* is from a history that these records have lost."""
        return await beyond(self._session, cursor)

    async def delete(self, job: str) -> None:
        """Delete the history of *job*."""
        await note_deletion(self._session, job)
        await self._session.execute("delete from events where job = $1", job)

    def _spoken(self, sql: str, **parts: str) -> str:
        dialect = self._session.dialect
        return sql.format(settled=_SETTLED[dialect], history=TOKEN[dialect], **parts)


async def settle(database: Database) -> None:
    """Show what a dump of another PostgreSQL brought along.

    Its transactions have numbers that this one may reach in years only, and until then they would
    count as running.
    """
    if database.dialect == "postgres":
        async with database.begin() as session:
            await session.execute(_OF_ANOTHER)


def _event(row: Row) -> Event:
    return Event(
        at=row["at"],
        project=row["project"],
        job=row["job"],
        type=row["type"],
        data=json.loads(row["data"]),
        cursor=_cursor(row),
    )


def _cursor(row: Row) -> str:
    place = f"{row['xid']}-{row['seq']}"
    return f"{place}-{row['history']}" if row["history"] else place
