"""Leases in SQL, by the database's clock: servers' own clocks may differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from submarine.adapters.sql.database import Dialect, Session

CLOCK: Final[Mapping[Dialect, str]] = {
    "postgres": "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
    "sqlite": "cast((julianday('now') - 2440587.5) * 86400000 as integer)",
}
"""What each engine calls the time, in Unix milliseconds."""

_KEEP: Final = (
    "update leases set expires = {clock} + $1 where name = $2 and owner = $3 and token = $4 returning token"
)
_TAKE: Final = (
    "insert into leases (name, owner, expires, token) values ($1, $2, {clock} + $3, 1) "
    "on conflict (name) do update "
    "set owner = excluded.owner, expires = excluded.expires, token = leases.token + 1 "
    "where leases.owner = excluded.owner or leases.expires <= {clock} returning token"
)
_HOLD: Final = (
    "select token from leases where name = $1 and token = $2 and owner <> '' and expires > {clock}{lock}"
)
_RELEASE: Final = "update leases set owner = '', expires = 0 where name = $1 and token = $2"
_LOCK: Final[Mapping[Dialect, str]] = {"postgres": " for share", "sqlite": ""}  # SQLite has one writer anyway


class SqlLeases:
    """Fills `LeaseStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def acquire(self, name: str, owner: str, ttl: int, *, token: int | None = None) -> int | None:
        """Take the lease, or keep it under *token*; return its token, None if another owner holds it."""
        clock = CLOCK[self._session.dialect]
        if token is not None:
            kept = await self._session.first(_KEEP.format(clock=clock), ttl, name, owner, token)
            if kept is not None:
                return token
        row = await self._session.first(_TAKE.format(clock=clock), name, owner, ttl)
        return None if row is None else int(row["token"])

    async def hold(self, name: str, token: int) -> bool:
        """Tell whether the lease is still the one taken under *token*; keep it so in this transaction."""
        dialect = self._session.dialect
        sql = _HOLD.format(clock=CLOCK[dialect], lock=_LOCK[dialect])
        return await self._session.first(sql, name, token) is not None

    async def release(self, name: str, token: int) -> None:
        """Give the lease back if it is the one taken under *token*."""
        await self._session.execute(_RELEASE, name, token)
