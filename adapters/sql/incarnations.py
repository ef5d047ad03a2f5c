"""Tells events of these records from those that they lost when they were restored from an older copy.

A copy counts on from where it was taken, so it gives the places of events that it has lost to others. A
reader that comes back with such a place would miss what happened before it, unless it is told. So an
*incarnation* is noted with the first event after every start that may have been one from a copy, and a
cursor says of which it is.

On SQLite each process that opens the file takes a number of its own. It grows, and is the first part of the
places of its events.

On PostgreSQL an incarnation is the life of one postmaster, known by when it began. Copied files that are
started, a recovery to a point in time, a standby that lags and is promoted: each goes on under another
postmaster than the one that appended what is lost. A trigger notes a random token with the first event of a
life (so neither a pooler nor an older server gets past it), and the last transaction that had appended any
before. No transaction outlives its postmaster, so a transaction's number tells its life: numbers of what is
lost now belong to a later one. A dump that is loaded into a running PostgreSQL needs no token: transactions
there just go on.

Two things are not seen by that: a machine that is set back with its memory, and what PostgreSQL forgets when
one of its processes crashes under ``synchronous_commit = off``. For these, and for cursors from before there
were tokens, there are weaker signs: a transaction that has not begun, a number that nobody has had, or that
another transaction has.
"""

from __future__ import annotations

from typing import Final

from submarine.adapters.sql.database import Session
from submarine.core.clock import now
from submarine.core.events.event import history, position

TOKEN: Final = {
    "postgres": "(select token from incarnations where after < xid order by number desc limit 1)",
    "sqlite": "nullif(printf('%x', xid), '0')",
}
"""The `history` of an event; null for one from before there were incarnations."""

_STANDING: Final = (
    "select (select max(number) from incarnations) as newest, "
    "exists (select 1 from incarnations where token = incarnation()) as ours"
)
_INCARNATE: Final = (
    "insert into incarnations (number, token, after) select "
    "max(coalesce((select max(number) from incarnations), 0) + 1, $1), incarnation(), "
    "coalesce((select seq from sqlite_sequence where name = 'events'), 0) returning number as newest"
)
_BEYOND: Final = {
    "postgres": (
        "select $1::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint or $2::bigint > coalesce("
        "pg_sequence_last_value(pg_get_serial_sequence('events', 'seq')::regclass), 0) "
        "or exists (select 1 from events where seq = $2 and xid <> $1) "
        "or ($3::text <> '' and ($3 is distinct from "
        "(select token from incarnations where after < $1 order by number desc limit 1) "
        # the first event of this life is still to come, or about to be committed
        "or ($1 > last_appended() and not exists "
        "(select 1 from incarnations where postmaster = pg_postmaster_start_time())))) as beyond"
    ),
    # an incarnation that is none of ours (0 is from before there were any), or a number after its last
    "sqlite": (
        "select ($1 > 0 and not exists (select 1 from incarnations where number = $1)) or $2 > coalesce("
        "(select after from incarnations where number > $1 order by number limit 1), "
        "(select seq from sqlite_sequence where name = 'events'), 0) as beyond"
    ),
}
_DELETED: Final = (
    "update incarnations set deleted = greatest(deleted, (select max(xid) from events where job = $1)) "
    "where number = (select max(number) from incarnations)"
)


async def incarnation(session: Session) -> int:
    """Return the number under which events are added to SQLite's file now; it grows."""
    row = await session.first(_STANDING)
    if row is None or not row["ours"]:
        row = await session.first(_INCARNATE, now())
    return 0 if row is None else int(row["newest"])


async def beyond(session: Session, cursor: str) -> bool:
    """Tell whether *cursor* is from a history that these records have lost."""
    if not cursor:
        return False
    said = () if session.dialect == "sqlite" else (history(cursor),)
    row = await session.first(_BEYOND[session.dialect], *position(cursor), *said)
    return row is not None and bool(row["beyond"])


async def note_deletion(session: Session, job: str) -> None:
    """Note that the events of *job* are about to be deleted: who has read them has read what was there."""
    if session.dialect == "postgres":
        await session.execute(_DELETED, job)
