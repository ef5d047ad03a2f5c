"""The audit trail over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from submarine.core.access.principal import Principal
from submarine.core.access.trail import AuditTrail
from submarine.core.pages import Page
from submarine.entrypoints.http.resources.access_views import AuditView
from submarine.entrypoints.http.routing import route

_BASE: Final = "/api/v1/audit"
Limit = Annotated[int, Field(ge=1, le=500)]


class AuditController:
    """Translates between HTTP and `AuditTrail`."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    @route("GET", _BASE, tag="access")
    async def list_audit(
        self,
        principal: Principal,
        *,
        filter_: str | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Page[AuditView]:
        """List who did what, newest first. For admins, and for maintainers about their teams."""
        page = await self._trail.list(principal, filter_=filter_ or "", cursor=cursor, limit=limit)
        return Page([AuditView.of(event) for event in page.items], page.cursor)
