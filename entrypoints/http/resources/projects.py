"""Projects over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from submarine.core.access.principal import Principal
from submarine.core.access.projects import ProjectManager
from submarine.core.pages import Page
from submarine.entrypoints.http.exchange import RequestId
from submarine.entrypoints.http.preconditions import IfMatch
from submarine.entrypoints.http.resources.access_views import ProjectView
from submarine.entrypoints.http.routing import route

_BASE: Final = "/api/v1/projects"
Limit = Annotated[int, Field(ge=1, le=500)]


class ProjectRequest(BaseModel, frozen=True, extra="forbid"):
    """A new project; ``team`` may be left out by who maintains one team."""

    name: str
    team: str | None = None
    description: str = ""


class ProjectPatch(BaseModel, frozen=True, extra="forbid"):
    """What is to change."""

    description: str | None = None


class ProjectsController:
    """Translates between HTTP and `ProjectManager`."""

    def __init__(self, projects: ProjectManager) -> None:
        self._projects = projects

    @route("GET", _BASE, tag="access")
    async def list_projects(
        self,
        principal: Principal,
        *,
        team: str | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Page[ProjectView]:
        """List the projects of your teams (an admin: all), newest first."""
        page = await self._projects.list(principal, team=team, cursor=cursor, limit=limit)
        return Page([ProjectView.of(project) for project in page.items], page.cursor)

    @route("POST", _BASE, status=201, tag="access", location=_BASE + "/{id}")
    async def create_project(
        self, principal: Principal, body: ProjectRequest, request_id: RequestId
    ) -> ProjectView:
        """Make a project. For maintainers."""
        project = await self._projects.create(
            principal, body.name, team=body.team, description=body.description, request=request_id
        )
        return ProjectView.of(project)

    @route("GET", _BASE + "/{ref}", tag="access")
    async def show_project(self, principal: Principal, ref: str) -> ProjectView:
        """Show one project, by id, name, or team/name (with the slash as `%2F`)."""
        return ProjectView.of(await self._projects.get(principal, ref))

    @route("PATCH", _BASE + "/{ref}", tag="access")
    async def update_project(
        self, principal: Principal, ref: str, body: ProjectPatch, if_match: IfMatch, request_id: RequestId
    ) -> ProjectView:
        """Change the description. For maintainers."""
        project = await self._projects.update(
            principal, ref, description=body.description, version=if_match.version, request=request_id
        )
        return ProjectView.of(project)

    @route("DELETE", _BASE + "/{ref}", tag="access")
    async def delete_project(
        self, principal: Principal, ref: str, if_match: IfMatch, request_id: RequestId
    ) -> None:
        """Delete an empty project. For maintainers."""
        await self._projects.delete(principal, ref, version=if_match.version, request=request_id)
