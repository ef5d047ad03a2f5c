"""Teams and their members."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.lists import among, newest_first
from submarine.core.access.principal import Role
from submarine.core.access.team import Member, Team

_TEAM: Final = "id, name, description, created"
_INSERT: Final = f"insert into teams ({_TEAM}) values ($1, $2, $3, $4) on conflict (name) do nothing"
_ONE: Final = f"select {_TEAM} from teams where name = $1"
_DELETE: Final = "delete from teams where name = $1"

_MEMBER: Final = "id, team, user_name, role, since"
_PUT: Final = f"""
insert into members ({_MEMBER}) values ($1, $2, $3, $4, $5)
on conflict (team, user_name) do update set role = excluded.role
"""
_REMOVE: Final = "delete from members where team = $1 and user_name = $2"
_MEMBERSHIP: Final = f"select {_MEMBER} from members where team = $1 and user_name = $2"
_MEMBERS: Final = f"select {_MEMBER} from members"
_MEMBERSHIPS: Final = f"select {_MEMBER} from members where user_name = $1 order by team"
_MAINTAINERS: Final = f"""
select user_name from members where team = $1 and role = {Role.MAINTAINER.value} order by user_name
"""


class SqlTeams:
    """What `TeamStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_team(self, team: Team) -> bool:
        """Insert *team*; return False, having done nothing, if the name is taken."""
        values = team.id, team.name, team.description, team.created
        return await self._session.execute(_INSERT, *values) == 1

    async def team(self, name: str) -> Team | None:
        """Return the team, None if unknown."""
        row = await self._session.first(_ONE, name)
        return None if row is None else _team(row)

    async def delete_team(self, name: str) -> bool:
        """Delete the team with its memberships; raise `ConflictError` if it has projects."""
        return await self._session.execute(_DELETE, name) == 1

    async def teams(self, *, names: Collection[str] | None, before: str | None, limit: int) -> Sequence[Team]:
        """Return those of *names* that exist; None is all."""
        conditions, args = [], list[object]()
        if names is not None:
            known, args = among("name", names, [])
            conditions.append(known)
        sql, args = newest_first(f"select {_TEAM} from teams", conditions, args, before, limit)
        return [_team(row) for row in await self._session.fetch(sql, *args)]

    async def put_member(self, member: Member) -> None:
        """Insert *member*, or give the one who is there the role."""
        values = member.id, member.team, member.user, member.role.value, member.since
        await self._session.execute(_PUT, *values)

    async def remove_member(self, team: str, user: str) -> bool:
        """End a membership; return False if there was none."""
        return await self._session.execute(_REMOVE, team, user) == 1

    async def member(self, team: str, user: str) -> Member | None:
        """Return the membership, None if there is none."""
        row = await self._session.first(_MEMBERSHIP, team, user)
        return None if row is None else _member(row)

    async def members(self, team: str, *, before: str | None, limit: int) -> Sequence[Member]:
        """Return who is in *team*."""
        sql, args = newest_first(_MEMBERS, ["team = $1"], [team], before, limit)
        return [_member(row) for row in await self._session.fetch(sql, *args)]

    async def memberships(self, user: str) -> Sequence[Member]:
        """Return all memberships of *user*."""
        return [_member(row) for row in await self._session.fetch(_MEMBERSHIPS, user)]

    async def other_maintainers(self, team: str, user: str) -> int:
        """Return how many maintainers *team* has beside *user*; locks them until the end."""
        lock = " for update" if self._session.dialect == "postgres" else ""
        rows = await self._session.fetch(_MAINTAINERS + lock, team)
        return sum(row["user_name"] != user for row in rows)


def _team(row: Row) -> Team:
    return Team(id=row["id"], name=row["name"], description=row["description"], created=row["created"])


def _member(row: Row) -> Member:
    return Member(
        id=row["id"],
        team=row["team"],
        user=row["user_name"],
        role=Role(row["role"]),
        since=row["since"],
    )
