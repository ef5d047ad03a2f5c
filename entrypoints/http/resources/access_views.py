"""How users, teams, projects, tokens and the audit trail look on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from submarine.core.access.audit import AuditEvent
from submarine.core.access.login import Self, Session
from submarine.core.access.principal import Principal, Role, Scope
from submarine.core.access.project import Project
from submarine.core.access.team import Member, Team
from submarine.core.access.token import Token
from submarine.core.access.user import User
from submarine.entrypoints.http.resources.times import Instant

RoleWord = Literal["viewer", "member", "maintainer"]
ScopeWord = Literal["read", "write", "admin"]
ROLES: Mapping[str, Role] = {role.word: role for role in Role}
SCOPES: Mapping[str, Scope] = {scope.word: scope for scope in Scope}


def scope_words(scope: Scope) -> list[str]:
    """Return *scope* and all that it includes."""
    return [each.word for each in Scope if each <= scope]


class UserView(BaseModel, frozen=True):
    """An account."""

    name: str
    email: str
    display_name: str
    admin: bool
    disabled: bool
    version: int
    created_at: Instant

    @classmethod
    def of(cls, user: User) -> UserView:
        """Show *user*."""
        return cls(
            name=user.name,
            email=user.email,
            display_name=user.display_name,
            admin=user.admin,
            disabled=user.disabled,
            version=user.version,
            created_at=user.created,
        )


class TeamView(BaseModel, frozen=True):
    """A team; ``role`` is the caller's own in it, null for an admin who is not a member."""

    name: str
    description: str
    created_at: Instant
    role: str | None

    @classmethod
    def of(cls, team: Team, principal: Principal) -> TeamView:
        """Show *team* to *principal*."""
        role = principal.roles.get(team.name)
        return cls(
            name=team.name,
            description=team.description,
            created_at=team.created,
            role=role.word if role else None,
        )


class MemberView(BaseModel, frozen=True):
    """Somebody's role in a team."""

    user: str
    role: str
    since_at: Instant

    @classmethod
    def of(cls, member: Member) -> MemberView:
        """Show *member*."""
        return cls(user=member.user, role=member.role.word, since_at=member.since)


class ProjectView(BaseModel, frozen=True):
    """A project; ``ref`` names it on the whole site."""

    id: str
    name: str
    team: str
    ref: str
    description: str
    version: int
    created_at: Instant

    @classmethod
    def of(cls, project: Project) -> ProjectView:
        """Show *project*."""
        return cls(
            id=project.id,
            name=project.name,
            team=project.team,
            ref=project.ref,
            description=project.description,
            version=project.version,
            created_at=project.created,
        )


class TokenView(BaseModel, frozen=True):
    """A token, without its secret; ``project`` is the only one it reaches, null if not limited."""

    id: str
    name: str
    user: str
    scopes: list[str]
    project: str | None
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None

    @classmethod
    def of(cls, token: Token, project: Project | None) -> TokenView:
        """Show *token*."""
        return cls(
            id=token.id,
            name=token.name,
            user=token.user,
            scopes=scope_words(token.scope),
            project=project.ref if project else None,
            created_at=token.created,
            expires_at=token.expires,
            last_used_at=token.last_used,
        )


class NewTokenView(TokenView, frozen=True):
    """A token that was just made; ``token`` is shown this once."""

    token: str


class LoginView(BaseModel, frozen=True):
    """What a login gives."""

    token: str
    expires_at: Instant | None
    user: UserView

    @classmethod
    def of(cls, session: Session) -> LoginView:
        """Show *session*."""
        return cls(token=session.text, expires_at=session.token.expires, user=UserView.of(session.user))


class OwnTeamView(BaseModel, frozen=True):
    """One of the caller's teams."""

    team: str
    role: str


class OwnTokenView(BaseModel, frozen=True):
    """The token that was shown."""

    id: str
    kind: str
    scopes: list[str]
    expires_at: Instant | None


class SelfView(BaseModel, frozen=True):
    """Who is calling."""

    name: str
    email: str
    display_name: str
    admin: bool
    teams: list[OwnTeamView]
    token: OwnTokenView

    @classmethod
    def of(cls, me: Self, principal: Principal) -> SelfView:
        """Show *principal* to themselves."""
        job = principal.job
        return cls(
            name=me.user.name,
            email=me.user.email,
            display_name=me.user.display_name,
            admin=me.user.admin,
            teams=[OwnTeamView(team=team, role=role.word) for team, role in sorted(me.roles.items())],
            token=OwnTokenView(
                id=principal.token if job is None else f"{job}.{principal.attempt}",
                kind="user" if job is None else "job",
                scopes=scope_words(principal.scope),
                expires_at=me.token.expires if me.token else None,
            ),
        )


class AuditView(BaseModel, frozen=True):
    """Who did what; ``project`` is an id, since the project may be gone."""

    id: str
    at: Instant
    actor: str
    action: str
    target: str
    project: str | None
    team: str | None
    request_id: str
    outcome: str
    data: dict[str, object]

    @classmethod
    def of(cls, event: AuditEvent) -> AuditView:
        """Show *event*."""
        return cls(
            id=event.id,
            at=event.at,
            actor=event.actor,
            action=event.action,
            target=event.target,
            project=event.project,
            team=event.team,
            request_id=event.request,
            outcome=event.outcome,
            data=dict(event.data),
        )
