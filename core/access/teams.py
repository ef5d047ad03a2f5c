"""Teams: made by admins (or by anybody, if the site says so), run by their maintainers."""

from __future__ import annotations

from submarine.core.access import names, policy
from submarine.core.access.ledger import Ledger, deed
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.store import AccessStore
from submarine.core.access.team import Member, Team
from submarine.core.clock import Clock
from submarine.core.errors import ConflictError, ForbiddenError, NotFoundError
from submarine.core.ids import new_id
from submarine.core.pages import Page

_SHOWN = 5


class TeamManager:
    """Teams and their members; with *open_teams* any user may make one."""

    def __init__(self, ledger: Ledger, clock: Clock, *, open_teams: bool = False) -> None:
        self._ledger = ledger
        self._clock = clock
        self._open = open_teams

    async def create(
        self, principal: Principal, name: str, *, description: str = "", request: str = ""
    ) -> Team:
        """Make a team with the caller as its maintainer; raise `ConflictError` if the name is taken."""
        now = self._clock()
        team = Team(
            id=new_id(),
            name=names.label("name", name),
            description=names.text("description", description),
            created=now,
        )
        async with self._ledger.change(deed(principal, "team.create", name, request, team=name)) as store:
            self._require_founder(principal)
            if not await store.add_team(team):
                raise ConflictError(f"there is a team {name!r} already")
            await store.put_member(
                Member(id=new_id(), team=name, user=principal.name, role=Role.MAINTAINER, since=now)
            )
        return team

    async def get(self, principal: Principal, name: str) -> Team:
        """Return the team, if the caller is in it or an admin."""
        if principal.role_in(name) is None:
            raise NotFoundError(f"no team {name[:200]!r}")
        async with self._ledger.read() as store:
            return await _found(store, name)

    async def list(self, principal: Principal, *, cursor: str | None = None, limit: int = 50) -> Page[Team]:
        """Return the caller's teams (an admin's: all), newest first."""
        own = None if principal.admin else sorted(principal.roles)
        before = names.cursor(cursor)
        async with self._ledger.read() as store:
            found = await store.teams(names=own, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda team: team.id)

    async def delete(self, principal: Principal, name: str, *, request: str = "") -> None:
        """Delete a team that owns nothing; raise `ConflictError` if it has projects."""
        async with self._ledger.change(deed(principal, "team.delete", name, request, team=name)) as store:
            policy.require_team(principal, name, Role.MAINTAINER, Scope.WRITE)
            await _found(store, name)
            projects = await store.projects(teams=[name], before=None, limit=_SHOWN + 1)
            if projects:
                count = len(projects) if len(projects) <= _SHOWN else f"more than {_SHOWN}"
                shown = ", ".join(project.name for project in projects[:_SHOWN])
                raise ConflictError(f"team {name!r} has {count} projects ({shown}); delete them first")
            await store.delete_team(name)

    async def members(
        self, principal: Principal, name: str, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Member]:
        """Return who is in the team, newest first; for its members."""
        policy.require_team(principal, name, Role.VIEWER, Scope.READ)
        before = names.cursor(cursor)
        async with self._ledger.read() as store:
            await _found(store, name)
            found = await store.members(name, before=before, limit=limit + 1)
        return Page.cut(found, limit, lambda member: member.id)

    async def put_member(
        self, principal: Principal, name: str, user: str, role: Role, *, request: str = ""
    ) -> Member:
        """Take *user* into the team, or change their role; raise `NotFoundError` if there is no such user.

        Raise `ConflictError` rather than leave the team without a maintainer. For maintainers.
        """
        act = deed(principal, "member.put", user, request, team=name)
        act.data["role"] = role.word
        async with self._ledger.change(act) as store:
            policy.require_team(principal, name, Role.MAINTAINER, Scope.WRITE)
            await _found(store, name)
            if await store.user(user) is None:
                raise NotFoundError(f"no user {user[:200]!r}")
            before = await store.member(name, user)
            if before is not None and before.role > role:
                await _keep_a_maintainer(store, before)
            member = Member(
                id=before.id if before else new_id(),
                team=name,
                user=user,
                role=role,
                since=before.since if before else self._clock(),
            )
            await store.put_member(member)
        return member

    async def remove_member(self, principal: Principal, name: str, user: str, *, request: str = "") -> None:
        """End a membership: maintainers anybody's, others their own.

        Raise `ConflictError` rather than leave the team without a maintainer.
        """
        async with self._ledger.change(deed(principal, "member.remove", user, request, team=name)) as store:
            needed = Role.VIEWER if user == principal.name else Role.MAINTAINER
            policy.require_team(principal, name, needed, Scope.WRITE)
            await _found(store, name)
            member = await store.member(name, user)
            if member is None:
                raise NotFoundError(f"no member {user[:200]!r} in team {name!r}")
            await _keep_a_maintainer(store, member)
            await store.remove_member(name, user)

    def _require_founder(self, principal: Principal) -> None:
        policy.require_person(principal)
        if principal.admin:
            return
        if not self._open:
            raise ForbiddenError("only an admin may make a team here, with a token of scope admin")
        policy.require_unlimited(principal)
        policy.require_scope(principal, Scope.WRITE)


async def _found(store: AccessStore, name: str) -> Team:
    team = await store.team(name)
    if team is None:  # an admin asks, or it was deleted a moment ago
        raise NotFoundError(f"no team {name[:200]!r}")
    return team


async def _keep_a_maintainer(store: AccessStore, member: Member) -> None:
    if member.role is Role.MAINTAINER and not await store.other_maintainers(member.team, member.user):
        raise ConflictError(f"{member.user!r} is the last maintainer of team {member.team!r}")
