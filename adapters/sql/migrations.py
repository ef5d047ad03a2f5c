"""Brings the schema to the version this server knows; forward only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Database, Session
from submarine.adapters.sql.scripts import Script, bundled
from submarine.core.clock import now
from submarine.core.errors import AdapterError

_LOCK: Final = 0x5375626D  # of PostgreSQL's advisory locks; "Subm"

_CREATE: Final = """
create table if not exists schema_scripts (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied bigint not null
)
"""
_EXISTS: Final = {
    "sqlite": "select 1 from sqlite_master where type = 'table' and name = 'schema_scripts'",
    "postgres": "select 1 where to_regclass('schema_scripts') is not null",
}
_APPLIED: Final = "select number, name, checksum from schema_scripts order by number"
_INSERT: Final = "insert into schema_scripts (number, name, checksum, applied) values ($1, $2, $3, $4)"


async def plan(database: Database, scripts: Sequence[Script] | None = None) -> Sequence[Script]:
    """Return the scripts that are still to be applied, in order.

    Raise `AdapterError` if the schema is newer than this server, or was made by other scripts.
    """
    async with database.read() as session:
        if await session.first(_EXISTS[session.dialect]) is None:
            return bundled() if scripts is None else scripts
        return await _pending(session, bundled() if scripts is None else scripts)


async def migrate(database: Database, scripts: Sequence[Script] | None = None) -> Sequence[Script]:
    """Apply what `plan` returns, each script in a transaction of its own; return what was applied.

    Several servers may start at once: each script runs once, under a lock. A server that dies in the
    middle leaves whole scripts behind.
    """
    wanted = bundled() if scripts is None else scripts
    applied: list[Script] = []
    if not await plan(database, wanted):
        return applied
    while True:
        async with database.begin() as session:
            if session.dialect == "postgres":  # SQLite has one writer anyway
                await session.execute("select pg_advisory_xact_lock($1)", _LOCK)
            await session.execute(_CREATE)
            pending = await _pending(session, wanted)
            if not pending:
                return applied
            script = pending[0]
            await session.script(script.text)
            await session.execute(_INSERT, script.number, script.name, script.checksum, now())
        applied.append(script)


async def _pending(session: Session, scripts: Sequence[Script]) -> Sequence[Script]:
    applied = {row["number"]: row for row in await session.fetch(_APPLIED)}
    newest = scripts[-1].number if scripts else 0
    if applied and (newer := max(applied)) > newest:
        raise AdapterError(
            f"the database's schema has number {newer}, this server knows {newest}: it needs a newer server"
        )
    for script in scripts:
        row = applied.get(script.number)
        if row is not None and row["checksum"] != script.checksum:
            raise AdapterError(
                f"the database was made by another {row['name']} than this server's {script.name}"
            )
    return [script for script in scripts if script.number not in applied]
