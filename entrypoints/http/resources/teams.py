"""Teams and their members over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from submarine.core.access.principal import Principal
from submarine.core.access.teams import TeamManager
from submarine.core.pages import Page
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.resources.access_views import ROLES, MemberView, RoleWord, TeamView
from submarine.entrypoints.http.routing import route

_BASE: Final = "/api/v1/teams"
Limit = Annotated[int, Field(ge=1, le=500)]


class TeamRequest(BaseModel, frozen=True, extra="forbid"):
    """A new team."""

    name: str
    description: str = ""


class MemberRequest(BaseModel, frozen=True, extra="forbid"):
    """What a member is to be."""

    role: RoleWord


class TeamsController:
    """Translates between HTTP and `TeamManager`."""

    def __init__(self, teams: TeamManager) -> None:
        self._teams = teams

    @route("GET", _BASE, tag="access")
    async def list_teams(
        self, principal: Principal, *, limit: Limit = 50, cursor: str | None = None
    ) -> Page[TeamView]:
        """List your teams (an admin: all), newest first."""
        page = await self._teams.list(principal, cursor=cursor, limit=limit)
        return Page([TeamView.of(team, principal) for team in page.items], page.cursor)

    @route("POST", _BASE, status=201, tag="access", location=_BASE + "/{name}")
    async def create_team(self, principal: Principal, body: TeamRequest, request_id: RequestId) -> TeamView:
        """Make a team, and be its maintainer. For admins, unless the site lets everybody."""
        team = await self._teams.create(
            principal, body.name, description=body.description, request=request_id
        )
        return TeamView.of(team, principal).model_copy(update={"role": "maintainer"})

    @route("GET", _BASE + "/{name}", tag="access")
    async def show_team(self, principal: Principal, name: str) -> TeamView:
        """Show one team."""
        return TeamView.of(await self._teams.get(principal, name), principal)

    @route("DELETE", _BASE + "/{name}", tag="access")
    async def delete_team(self, principal: Principal, name: str, request_id: RequestId) -> None:
        """Delete a team without projects. For maintainers."""
        await self._teams.delete(principal, name, request=request_id)

    @route("GET", _BASE + "/{name}/members", tag="access")
    async def list_members(
        self, principal: Principal, name: str, *, limit: Limit = 50, cursor: str | None = None
    ) -> Page[MemberView]:
        """List who is in a team, newest first."""
        page = await self._teams.members(principal, name, cursor=cursor, limit=limit)
        return Page([MemberView.of(member) for member in page.items], page.cursor)

    @route("PUT", _BASE + "/{name}/members/{user}", tag="access")
    async def put_member(
        self, principal: Principal, name: str, user: str, body: MemberRequest, request_id: RequestId
    ) -> MemberView:
        """Take a user into the team, or change their role. For maintainers."""
        role = ROLES[body.role]
        return MemberView.of(await self._teams.put_member(principal, name, user, role, request=request_id))

    @route("DELETE", _BASE + "/{name}/members/{user}", tag="access")
    async def remove_member(self, principal: Principal, name: str, user: str, request_id: RequestId) -> None:
        """End a membership. For maintainers; one's own may be ended by anybody."""
        await self._teams.remove_member(principal, name, user, request=request_id)
