"""The audit trail, for those who answer for others."""

from __future__ import annotations

from typing import Final

from submarine.core.access import names, policy
from submarine.core.access.audit import AuditEvent
from submarine.core.access.ledger import Ledger
from submarine.core.access.principal import Principal, Role
from submarine.core.errors import ForbiddenError
from submarine.core.filters.fields import Fields, Kind
from submarine.core.filters.parser import parse
from submarine.core.pages import Page

FIELDS: Final = Fields(
    {
        "at": Kind.TIME,
        "actor": Kind.STRING,
        "action": Kind.STRING,
        "target": Kind.STRING,
        "team": Kind.STRING,
        "project": Kind.STRING,
        "request_id": Kind.STRING,
        "outcome": Kind.STRING,
    }
)


class AuditTrail:
    """Shows admins what happened on the site, maintainers what happened in their teams."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def list(
        self,
        principal: Principal,
        *,
        filter_: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[AuditEvent]:
        """Return what happened and fits *filter_*, newest first.

        Raise `ForbiddenError` for everybody else.
        """
        policy.require_person(principal)
        teams = None
        if not principal.admin:
            policy.require_unlimited(principal)
            teams = sorted(team for team, role in principal.roles.items() if role >= Role.MAINTAINER)
            if not teams:
                raise ForbiddenError("the audit trail is for maintainers of a team and for admins")
        where = parse(filter_, FIELDS)
        before = names.cursor(cursor)
        async with self._ledger.read() as store:
            found = await store.audit_trail(teams=teams, where=where, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda event: event.id)
