"""Projects: what work belongs to, within a team."""

from __future__ import annotations

from dataclasses import replace

from submarine.core.access import names, policy
from submarine.core.access.doors import Doors
from submarine.core.access.ledger import Ledger, deed
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.versions import check_version, written
from submarine.core.clock import Clock
from submarine.core.errors import ConflictError, InvalidError, NotFoundError
from submarine.core.ids import new_id
from submarine.core.pages import Page


class ProjectManager:
    """Projects, as their teams see them."""

    def __init__(self, ledger: Ledger, doors: Doors, clock: Clock) -> None:
        self._ledger = ledger
        self._doors = doors
        self._clock = clock

    async def create(
        self,
        principal: Principal,
        name: str,
        *,
        team: str | None = None,
        description: str = "",
        request: str = "",
    ) -> Project:
        """Make a project; *team* may be left out by who maintains one team. For maintainers.

        Raise `ConflictError` if the team has one of that name.
        """
        owner = _team_of(principal) if team is None else team
        project = Project(
            id=new_id(),
            name=names.label("name", name),
            team=names.label("team", owner),
            description=names.text("description", description),
            created=self._clock(),
        )
        act = deed(principal, "project.create", project.ref, request, team=owner)
        act.project = project.id
        async with self._ledger.change(act) as store:
            policy.require_team(principal, owner, Role.MAINTAINER, Scope.WRITE)
            if await store.team(owner) is None:
                raise NotFoundError(f"no team {owner!r}")
            if not await store.add_project(project):
                raise ConflictError(f"there is a project {project.ref} already")
        return project

    async def get(self, principal: Principal, ref: str) -> Project:
        """Return the project *ref* (id, name, team/name), if the caller may see it."""
        found = await self._doors.resolve(principal, ref)
        async with self._ledger.read() as store:  # the doors' memory may be some seconds old
            return _still(await store.project(found.id), found)

    async def list(
        self, principal: Principal, *, team: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Project]:
        """Return the projects whom the caller may see (in *team*), newest first."""
        before = names.cursor(cursor)
        if principal.job is not None or principal.project is not None:
            visible = await self._doors.visible(principal) or ()
            own = [await self._doors.project(id_) for id_ in visible]
            return Page([project for project in own if team in {None, project.team}])
        teams = None if principal.admin else sorted(principal.roles)
        if team is not None:
            policy.require_team(principal, team, Role.VIEWER, Scope.READ)
            teams = [team]
        async with self._ledger.read() as store:
            found = await store.projects(teams=teams, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda project: project.id)

    async def update(
        self,
        principal: Principal,
        ref: str,
        *,
        description: str | None = None,
        version: int | None = None,
        request: str = "",
    ) -> Project:
        """Change the description. For maintainers."""
        found = await self._doors.resolve(principal, ref)
        act = deed(principal, "project.update", found.ref, request, team=found.team)
        act.project = found.id
        async with self._ledger.change(act) as store:
            policy.require(principal, found, Role.MAINTAINER, Scope.WRITE)
            project = _still(await store.project(found.id), found)
            check_version(project, project.ref, version)
            text = project.description if description is None else names.text("description", description)
            changed = replace(project, description=text, version=project.version + 1)
            written(await store.save_project(changed), project.ref)
        return changed

    async def delete(
        self, principal: Principal, ref: str, *, version: int | None = None, request: str = ""
    ) -> None:
        """Delete an empty project; raise `ConflictError` saying what is in it. For maintainers."""
        found = await self._doors.resolve(principal, ref)
        act = deed(principal, "project.delete", found.ref, request, team=found.team)
        act.project = found.id
        async with self._ledger.change(act) as store:
            policy.require(principal, found, Role.MAINTAINER, Scope.WRITE)
            project = _still(await store.project(found.id), found)
            check_version(project, project.ref, version)
            if contents := await store.contents(found.id):
                counted = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in contents.items())
                raise ConflictError(f"project {found.ref} has {counted}; delete them first")
            await store.delete_project(found.id)


def _still(project: Project | None, found: Project) -> Project:
    if project is None:
        raise NotFoundError(f"no project {found.ref}")
    return project


def _team_of(principal: Principal) -> str:
    own = sorted(team for team, role in principal.roles.items() if role >= Role.MAINTAINER)
    if len(own) != 1:
        offered = f"one of {', '.join(own)}" if own else "a team you maintain; you maintain none"
        raise InvalidError.of("team", "is missing", offered)
    return own[0]
