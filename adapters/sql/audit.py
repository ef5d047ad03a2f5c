"""The audit trail."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.filtering import Columns, compile_filter
from submarine.adapters.sql.lists import among, newest_first
from submarine.adapters.sql.rows import dumps
from submarine.core.access.audit import AuditEvent
from submarine.core.filters.expression import Expression

_COLUMNS: Final = (
    "id", "at", "actor", "action", "target", "team", "project", "request", "outcome", "data"
)  # fmt: skip
_FIELDS: Final = Columns(
    {name: name for name in ("at", "actor", "action", "target", "team", "project", "request_id", "outcome")}
    | {"request_id": "request"}
)


class SqlAudit:
    """What `AuditStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def audit(self, events: Sequence[AuditEvent]) -> None:
        """Append *events*."""
        if events:
            await self._session.copy("audit", _COLUMNS, [_values(event) for event in events])

    async def audit_trail(
        self,
        *,
        teams: Collection[str] | None,
        where: Expression,
        before: str | None,
        limit: int,
    ) -> Sequence[AuditEvent]:
        """Return what happened in *teams* (None: everywhere) and fits *where*."""
        asked, args = compile_filter(where, _FIELDS, self._session.dialect)
        conditions = [asked]
        if teams is not None:
            known, args = among("team", teams, args)
            conditions.append(known)
        sql, args = newest_first(f"select {', '.join(_COLUMNS)} from audit", conditions, args, before, limit)
        return [_event(row) for row in await self._session.fetch(sql, *args)]


def _values(event: AuditEvent) -> tuple[object, ...]:
    return (
        event.id,
        event.at,
        event.actor,
        event.action,
        event.target,
        event.team,
        event.project,
        event.request,
        event.outcome,
        dumps(dict(event.data)),
    )


def _event(row: Row) -> AuditEvent:
    return AuditEvent(
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        target=row["target"],
        team=row["team"],
        project=row["project"],
        request=row["request"],
        outcome=row["outcome"],
        data=json.loads(row["data"]),
    )
