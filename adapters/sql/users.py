"""Users and the verifiers of their passwords."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.lists import among, newest_first
from submarine.core.access.user import User

_COLUMNS: Final = "id, name, email, display_name, admin, disabled, version, created"
_INSERT: Final = f"""
insert into users ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name) do nothing
"""
_ONE: Final = f"select {_COLUMNS} from users where name = $1"
_UPDATE: Final = """
update users set email = $2, display_name = $3, admin = $4, disabled = $5, version = $6
where name = $1 and version = $7
"""
_DELETE: Final = "delete from users where name = $1"
_VERIFIER: Final = "select verifier from users where name = $1"
_SET_VERIFIER: Final = "update users set verifier = $2 where name = $1"
_ADMINS: Final = "select name from users where admin = 1 and disabled = 0 order by name"


class SqlUsers:
    """What `UserStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_user(self, user: User) -> bool:
        """Insert *user*; return False, having done nothing, if the name is taken."""
        values = user.id, user.name, user.email, user.display_name, int(user.admin), int(user.disabled)
        return await self._session.execute(_INSERT, *values, user.version, user.created) == 1

    async def user(self, name: str) -> User | None:
        """Return the user, None if unknown."""
        row = await self._session.first(_ONE, name)
        return None if row is None else user_of(row)

    async def save_user(self, user: User) -> bool:
        """Write *user* if the record's version is one less than its own; tell whether it was written."""
        values = user.name, user.email, user.display_name, int(user.admin), int(user.disabled)
        return await self._session.execute(_UPDATE, *values, user.version, user.version - 1) == 1

    async def delete_user(self, name: str) -> bool:
        """Delete the user with their memberships and tokens; return False if there is none."""
        return await self._session.execute(_DELETE, name) == 1

    async def users(
        self, *, teams: Collection[str] | None, name: str, before: str | None, limit: int
    ) -> Sequence[User]:
        """Return the users who are in one of *teams* or called *name*; None is all users."""
        if teams is None:
            sql, args = newest_first(f"select {_COLUMNS} from users", [], [], before, limit)
        else:
            known, args = among("team", teams, [name])
            where = f"(name = $1 or name in (select user_name from members where {known}))"
            sql, args = newest_first(f"select {_COLUMNS} from users", [where], args, before, limit)
        return [user_of(row) for row in await self._session.fetch(sql, *args)]

    async def verifier(self, name: str) -> str | None:
        """Return what tells the right password of the user, None if there is none."""
        row = await self._session.first(_VERIFIER, name)
        return None if row is None else row["verifier"]

    async def set_verifier(self, name: str, verifier: str | None) -> None:
        """Keep *verifier* for the user."""
        await self._session.execute(_SET_VERIFIER, name, verifier)

    async def other_admins(self, name: str) -> int:
        """Return how many enabled admins there are beside *name*; locks them until the end."""
        lock = " for update" if self._session.dialect == "postgres" else ""
        rows = await self._session.fetch(_ADMINS + lock)
        return sum(row["name"] != name for row in rows)


def user_of(row: Row) -> User:
    """Return the user of *row*."""
    return User(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        display_name=row["display_name"],
        admin=bool(row["admin"]),
        disabled=bool(row["disabled"]),
        version=row["version"],
        created=row["created"],
    )
