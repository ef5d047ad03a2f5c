"""The servers on these records in SQL, by the database's clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.leases import CLOCK
from submarine.core.servers.server import Server, Sighting

_REPORT: Final = (
    "insert into servers (id, url, host, version, clusters, started, seen) "
    "values ($1, $2, $3, $4, $5, {clock}, {clock}) on conflict (id) do update set url = excluded.url, "
    "host = excluded.host, version = excluded.version, clusters = excluded.clusters, seen = excluded.seen "
    "returning seen"
)
_SIGHTINGS: Final = (
    "select id, url, host, version, clusters, seen, {clock} - seen as age from servers order by seen desc, id"
)
_FORGET: Final = "delete from servers where seen < {clock} - $1"


class SqlServers:
    """Fills `ServerStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def report(self, server: Server) -> int:
        """Note that *server* is up; return the database's time."""
        row = await self._session.first(
            self._timed(_REPORT),
            server.id,
            server.url,
            server.host,
            server.version,
            json.dumps(list(server.clusters)),
        )
        return 0 if row is None else int(row["seen"])

    async def sightings(self) -> Sequence[Sighting]:
        """Return every server and when it last reported, the latest first."""
        found = []
        for row in await self._session.fetch(self._timed(_SIGHTINGS)):
            server = Server(
                id=row["id"],
                url=row["url"],
                host=row["host"],
                version=row["version"],
                clusters=tuple(json.loads(row["clusters"])),
            )
            found.append(Sighting(server=server, seen=row["seen"], age=row["age"]))
        return found

    async def forget(self, age: int) -> None:
        """Forget servers that have not reported for *age* milliseconds."""
        await self._session.execute(self._timed(_FORGET), age)

    def _timed(self, sql: str) -> str:
        return sql.format(clock=CLOCK[self._session.dialect])
