"""What the AccessManager asks of the records, by subject; all of it within one transaction.

Lists are newest first: by id, descending, those with an id before *before* (None: from the newest).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from submarine.core.access.audit import AuditEvent
from submarine.core.access.principal import Role
from submarine.core.access.project import Project
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token
from submarine.core.access.user import User
from submarine.core.filters.expression import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """All there is to know about who shows a token.

    ``digest`` is of the token's secret; ``roles`` are the user's, by team; ``project`` is the one the
    token is limited to.
    """

    token: Token
    digest: str
    user: User
    roles: Mapping[str, Role]
    project: Project | None


class UserStore(Protocol):
    """Users and the verifiers of their passwords."""

    async def add_user(self, user: User) -> bool:
        """Insert *user*; return False, having done nothing, if the name is taken."""
        ...

    async def user(self, name: str) -> User | None:
        """Return the user, None if unknown."""
        ...

    async def save_user(self, user: User) -> bool:
        """Write *user* if the record's version is one less than its own; tell whether it was written."""
        ...

    async def delete_user(self, name: str) -> bool:
        """Delete the user with their memberships and tokens; return False if there is none."""
        ...

    async def users(
        self, *, teams: Collection[str] | None, name: str, before: str | None, limit: int
    ) -> Sequence[User]:
        """Return the users who are in one of *teams* or called *name*; None is all users."""
        ...

    async def verifier(self, name: str) -> str | None:
        """Return what tells the right password of the user, None if there is none."""
        ...

    async def set_verifier(self, name: str, verifier: str | None) -> None:
        """Keep *verifier* for the user."""
        ...

    async def other_admins(self, name: str) -> int:
        """Return how many enabled admins there are beside *name*; locks them until the end."""
        ...


class TeamStore(Protocol):
    """Teams and their members."""

    async def add_team(self, team: Team) -> bool:
        """Insert *team*; return False, having done nothing, if the name is taken."""
        ...

    async def team(self, name: str) -> Team | None:
        """Return the team, None if unknown."""
        ...

    async def delete_team(self, name: str) -> bool:
        """Delete the team with its memberships; return False if there is none.

        Raise `ConflictError` if it has projects.
        """
        ...

    async def teams(self, *, names: Collection[str] | None, before: str | None, limit: int) -> Sequence[Team]:
        """Return those of *names* that exist; None is all."""
        ...

    async def put_member(self, member: Member) -> None:
        """Insert *member*, or give the one who is there the role."""
        ...

    async def remove_member(self, team: str, user: str) -> bool:
        """End a membership; return False if there was none."""
        ...

    async def member(self, team: str, user: str) -> Member | None:
        """Return the membership, None if there is none."""
        ...

    async def members(self, team: str, *, before: str | None, limit: int) -> Sequence[Member]:
        """Return who is in *team*."""
        ...

    async def memberships(self, user: str) -> Sequence[Member]:
        """Return all memberships of *user*."""
        ...

    async def other_maintainers(self, team: str, user: str) -> int:
        """Return how many maintainers *team* has beside *user*; locks them until the end."""
        ...


class ProjectStore(Protocol):
    """Projects."""

    async def add_project(self, project: Project) -> bool:
        """Insert *project*; return False, having done nothing, if its team has one of that name.

        Raise `ConflictError` if there is no such team.
        """
        ...

    async def project(self, project: str) -> Project | None:
        """Return the project, None if unknown."""
        ...

    async def projects_named(self, name: str, *, team: str | None = None) -> Sequence[Project]:
        """Return the projects called *name*, in any team or in *team*."""
        ...

    async def save_project(self, project: Project) -> bool:
        """Write *project* if the record's version is one less than its own; tell whether it was written."""
        ...

    async def delete_project(self, project: str) -> bool:
        """Delete the project with the tokens limited to it; return False if there is none.

        Raise `ConflictError` if it is in use.
        """
        ...

    async def projects(
        self, *, teams: Collection[str] | None, before: str | None, limit: int
    ) -> Sequence[Project]:
        """Return the projects of *teams*; None is all."""
        ...

    async def contents(self, project: str) -> Mapping[str, int]:
        """Return what is in the project and keeps it from being deleted, counted by kind."""
        ...


class TokenStore(Protocol):
    """Tokens of users."""

    async def add_token(self, token: Token, digest: str) -> None:
        """Insert *token* with the *digest* of its secret."""
        ...

    async def token(self, token: str) -> Token | None:
        """Return the token, None if unknown."""
        ...

    async def credential(self, token: str) -> Credential | None:
        """Return the token with its user and what they are, None if unknown."""
        ...

    async def revoke_token(self, token: str, at: int) -> bool:
        """End the token; return False if it has ended before, and keeps its time, or is unknown."""
        ...

    async def end_sessions(self, user: str, at: int, *, but: str = "") -> int:
        """Revoke the sessions of *user* but one; return how many."""
        ...

    async def tokens(self, *, user: str | None, before: str | None, limit: int) -> Sequence[Token]:
        """Return the tokens of *user* (None: of all) that are not revoked; sessions are left out."""
        ...

    async def touch_tokens(self, used: Mapping[str, int]) -> None:
        """Write when tokens, by id, were last used, if that is later than what is known."""
        ...

    async def purge_tokens(self, before: int) -> int:
        """Delete tokens that expired or were revoked before *before*; return how many."""
        ...


class AuditStore(Protocol):
    """The audit trail: appended to, never changed."""

    async def audit(self, events: Sequence[AuditEvent]) -> None:
        """Append *events*."""
        ...

    async def audit_trail(
        self, *, teams: Collection[str] | None, where: Expression, before: str | None, limit: int
    ) -> Sequence[AuditEvent]:
        """Return what happened in *teams* (None: everywhere) and fits *where*."""
        ...


class AccessStore(UserStore, TeamStore, ProjectStore, TokenStore, AuditStore, Protocol):
    """All of them."""
