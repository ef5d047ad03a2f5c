"""Who may do what: the questions every use-case asks before it acts.

What a caller may not see is not there for them (`NotFoundError`); what they see but may not do is
refused with what it would take (`ForbiddenError`). A job's own token reaches its own job only.
"""

from __future__ import annotations

from typing import Protocol

from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.errors import ForbiddenError, NotFoundError


class Place(Protocol):
    """A project, as far as rights go."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def team(self) -> str:
        """Who owns it."""
        ...

    @property
    def name(self) -> str:
        """Its name within the team."""
        ...


def sees(principal: Principal, project: Place) -> bool:
    """Tell whether *project* is there for the caller."""
    if principal.job is not None or principal.project is not None:
        if principal.project != project.id:
            return False
        if principal.job is not None:
            return True
    return principal.role_in(project.team) is not None


def require(principal: Principal, project: Place, role: Role, scope: Scope) -> None:
    """Raise unless the caller has *role* in the team of *project*, and a token of *scope*."""
    if not sees(principal, project):
        raise NotFoundError(f"no project {project.team}/{project.name}")
    require_person(principal)
    _require_role(principal, project.team, role)
    require_scope(principal, scope)


def require_job(principal: Principal, job: str, project: Place, role: Role, scope: Scope) -> None:
    """Raise unless the caller may act on the metadata of *job*, which belongs to *project*.

    The job's own token may; everybody else needs what `require` asks.
    """
    if principal.job is None:
        require(principal, project, role, scope)
    elif principal.job != job:
        raise NotFoundError(f"no experiment {job!r} for this job's token")
    else:
        require_scope(principal, scope)


def require_team(principal: Principal, team: str, role: Role, scope: Scope) -> None:
    """Raise unless the caller has *role* in *team*, and a token of *scope* for the whole of it."""
    if principal.role_in(team) is None:
        raise NotFoundError(f"no team {team!r}")
    require_person(principal)
    if scope > Scope.READ:
        require_unlimited(principal)
    _require_role(principal, team, role)
    require_scope(principal, scope)


def require_admin(principal: Principal) -> None:
    """Raise `ForbiddenError` unless the caller is an admin by account and by token."""
    require_person(principal)
    if not principal.admin:
        raise ForbiddenError("only an admin may do this, with a token of scope admin")


def require_scope(principal: Principal, scope: Scope) -> None:
    """Raise `ForbiddenError` unless the caller's token reaches as far as *scope*."""
    if principal.scope < scope:
        raise ForbiddenError(f"this needs a token of scope {scope.word}; yours has {principal.scope.word}")


def require_person(principal: Principal) -> None:
    """Raise `ForbiddenError` for the token of a job."""
    if principal.job is not None:
        raise ForbiddenError("a job's own token reaches only the metadata of that job")


def require_unlimited(principal: Principal) -> None:
    """Raise `ForbiddenError` for a token that is limited to one project."""
    if principal.project is not None:
        raise ForbiddenError("this token is limited to one project; use one that is not")


def _require_role(principal: Principal, team: str, role: Role) -> None:
    own = principal.role_in(team)
    if own is None or own < role:
        mine = "not in it" if own is None else f"a {own.word}"
        raise ForbiddenError(f"this needs the role {role.word} in team {team}; you are {mine}")
