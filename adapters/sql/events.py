"""The feed in SQL.

On PostgreSQL a later sequence number may commit before an earlier one. So the place of an event is
(transaction, number), and only transactions older than every one still running are shown: then nothing
can appear before what was shown (the pattern of transactional outboxes; ``pg_snapshot_xmin`` in
https://www.postgresql.org/docs/current/functions-info.html).

On SQLite it is (incarnation, number): a file that is restored from an older copy counts its events on from
there, and the numbers of those that were lost are given out again, but never under the same incarnation.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Database, Row, Session
from submarine.adapters.sql.rows import dumps, padded, places
from submarine.core.clock import now
from submarine.core.events.event import Event, position

_COLUMNS: Final = ("at", "project", "job", "type", "data")
_STANDING: Final = (
    "select (select max(number) from incarnations) as newest, "
    "exists (select 1 from incarnations where token = incarnation()) as ours"
)
_INCARNATE: Final = (
    "insert into incarnations (number, token, after) select "
    "max(coalesce((select max(number) from incarnations), 0) + 1, $1), incarnation(), "
    "coalesce((select seq from sqlite_sequence where name = 'events'), 0) returning number as newest"
)
_SETTLED: Final = {
    "postgres": "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    "sqlite": "true",
}
_AFTER: Final = (
    "select seq, xid, at, project, job, type, data from events "
    "where (xid, seq) > ($1, $2) and {settled}{job}{projects} order by xid, seq limit $3"
)
_BEYOND: Final = {
    # a transaction that has not begun, a number that nobody has had, or one that another transaction has
    "postgres": (
        "select $1::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint or $2::bigint > coalesce("
        "pg_sequence_last_value(pg_get_serial_sequence('events', 'seq')::regclass), 0) "
        "or exists (select 1 from events where seq = $2 and xid <> $1) as beyond"
    ),
    # an incarnation that is none of ours (0 is from before there were any), or a number after its last
    "sqlite": (
        "select ($1 > 0 and not exists (select 1 from incarnations where number = $1)) or $2 > coalesce("
        "(select after from incarnations where number > $1 order by number limit 1), "
        "(select seq from sqlite_sequence where name = 'events'), 0) as beyond"
    ),
}
_OF_ANOTHER: Final = (
    "update events set xid = 0 where xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
)
_LAST: Final = "select seq, xid from events where {settled} order by xid desc, seq desc limit 1"


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
            number = await self._incarnation()
            await self._session.copy("events", ("xid", *_COLUMNS), [(number, *row) for row in rows])

    async def _incarnation(self) -> int:
        """Return the number under which events are added to this file now; it grows."""
        row = await self._session.first(_STANDING)
        if row is None or not row["ours"]:
            row = await self._session.first(_INCARNATE, now())
        return 0 if row is None else int(row["newest"])

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
        settled = _SETTLED[self._session.dialect]
        sql = _AFTER.format(settled=settled, job=job_sql, projects=projects_sql)
        return [_event(row) for row in await self._session.fetch(sql, *args)]

    async def last(self) -> str:
        """Return the cursor of the newest visible event."""
        row = await self._session.first(_LAST.format(settled=_SETTLED[self._session.dialect]))
        return "" if row is None else f"{row['xid']}-{row['seq']}"

    async def beyond(self, cursor: str) -> bool:
        """Tell whether *cursor* is beyond all that was ever given out."""
        if not cursor:
            return False
        row = await self._session.first(_BEYOND[self._session.dialect], *position(cursor))
        return row is not None and bool(row["beyond"])

    async def delete(self, job: str) -> None:
        """Delete the history of *job*."""
        await self._session.execute("delete from events where job = $1", job)


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
        cursor=f"{row['xid']}-{row['seq']}",
    )
