"""Tokens of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from submarine.adapters.sql.database import Row, Session
from submarine.adapters.sql.lists import newest_first
from submarine.core.access.principal import Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.store import Credential
from submarine.core.access.token import Token, TokenKind
from submarine.core.access.user import User

_COLUMNS: Final = "id, user_name, name, kind, scope, project, created, expires, last_used, revoked"
_INSERT: Final = f"""
insert into tokens ({_COLUMNS}, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_ONE: Final = f"select {_COLUMNS} from tokens where id = $1"

# One row for each of the user's teams, at least one.
_CREDENTIAL: Final = """
select t.id, t.user_name, t.name, t.kind, t.scope, t.project, t.created, t.expires, t.last_used, t.revoked,
    t.digest,
    u.id as user_id, u.email, u.display_name, u.admin, u.disabled, u.version as user_version,
    u.created as user_created,
    m.team, m.role,
    p.team as project_team, p.name as project_name, p.description as project_description,
    p.version as project_version, p.created as project_created
from tokens t
join users u on u.name = t.user_name
left join members m on m.user_name = t.user_name
left join projects p on p.id = t.project
where t.id = $1
"""
_REVOKE: Final = "update tokens set revoked = $2 where id = $1 and revoked is null"
_END_SESSIONS: Final = f"""
update tokens set revoked = $2
where user_name = $1 and revoked is null and id <> $3 and kind = '{TokenKind.SESSION.value}'
"""
_TOUCH: Final = """
update tokens set last_used = $2 where id = $1 and (last_used is null or last_used < $2)
"""
_PURGE: Final = "delete from tokens where expires < $1 or revoked < $1"


class SqlTokens:
    """What `TokenStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_token(self, token: Token, digest: str) -> None:
        """Insert *token* with the *digest* of its secret."""
        await self._session.execute(
            _INSERT,
            token.id,
            token.user,
            token.name,
            token.kind.value,
            token.scope.value,
            token.project,
            token.created,
            token.expires,
            token.last_used,
            token.revoked,
            digest,
        )

    async def token(self, token: str) -> Token | None:
        """Return the token, None if unknown."""
        row = await self._session.first(_ONE, token)
        return None if row is None else _token(row)

    async def credential(self, token: str) -> Credential | None:
        """Return the token with its user and what they are, None if unknown."""
        rows = await self._session.fetch(_CREDENTIAL, token)
        if not rows:
            return None
        row = rows[0]
        return Credential(
            token=_token(row),
            digest=row["digest"],
            user=_user(row),
            roles={row["team"]: Role(row["role"]) for row in rows if row["team"] is not None},
            project=_project(row),
        )

    async def revoke_token(self, token: str, at: int) -> bool:
        """End the token; return False if it has ended before, and keeps its time, or is unknown."""
        return await self._session.execute(_REVOKE, token, at) == 1

    async def end_sessions(self, user: str, at: int, *, but: str = "") -> int:
        """Revoke the sessions of *user* but one; return how many."""
        return await self._session.execute(_END_SESSIONS, user, at, but)

    async def tokens(self, *, user: str | None, before: str | None, limit: int) -> Sequence[Token]:
        """Return the tokens of *user* (None: of all) that are not revoked; sessions are left out."""
        conditions = ["revoked is null", f"kind = '{TokenKind.API.value}'"]
        args: list[object] = []
        if user is not None:
            args.append(user)
            conditions.append("user_name = $1")
        sql, args = newest_first(f"select {_COLUMNS} from tokens", conditions, args, before, limit)
        return [_token(row) for row in await self._session.fetch(sql, *args)]

    async def touch_tokens(self, used: Mapping[str, int]) -> None:
        """Write when tokens, by id, were last used."""
        await self._session.execute_many(_TOUCH, sorted(used.items()))

    async def purge_tokens(self, before: int) -> int:
        """Delete tokens that expired or were revoked before *before*; return how many."""
        return await self._session.execute(_PURGE, before)


def _token(row: Row) -> Token:
    return Token(
        id=row["id"],
        user=row["user_name"],
        name=row["name"],
        kind=TokenKind(row["kind"]),
        scope=Scope(row["scope"]),
        project=row["project"],
        created=row["created"],
        expires=row["expires"],
        last_used=row["last_used"],
        revoked=row["revoked"],
    )


def _user(row: Row) -> User:
    return User(
        id=row["user_id"],
        name=row["user_name"],
        email=row["email"],
        display_name=row["display_name"],
        admin=bool(row["admin"]),
        disabled=bool(row["disabled"]),
        version=row["user_version"],
        created=row["user_created"],
    )


def _project(row: Row) -> Project | None:
    if row["project"] is None:
        return None
    return Project(
        id=row["project"],
        name=row["project_name"],
        team=row["project_team"],
        description=row["project_description"],
        version=row["project_version"],
        created=row["project_created"],
    )
