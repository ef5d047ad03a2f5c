"""Who is calling, and what their token lets them do."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Role(enum.IntEnum):
    """What a member of a team may do; each includes the ones below.

    ``viewer`` reads; ``member`` runs work and stops their own; ``maintainer`` changes everything of
    the team: anybody's work, projects, members.
    """

    VIEWER = 1
    MEMBER = 2
    MAINTAINER = 3

    @property
    def word(self) -> str:
        """Return the name users write."""
        return self.name.lower()


class Scope(enum.IntEnum):
    """How far a token reaches; each includes the ones below."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """Return the name users write."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller of a use-case.

    ``roles`` by team name. ``admin`` is the site's flag on the user *and* a token scope that allows it.
    ``project`` (an id) limits a token to one project. ``job`` and ``attempt`` are set for a job's own
    token, which may only read and write that job's metadata, while that attempt is the current one.
    """

    name: str
    admin: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    scope: Scope = Scope.WRITE
    project: str | None = None
    token: str = ""
    job: str | None = None
    attempt: int | None = None

    def role_in(self, team: str) -> Role | None:
        """Return the caller's role in *team*, None for a stranger; an admin is a maintainer everywhere."""
        return Role.MAINTAINER if self.admin else self.roles.get(team)

    @property
    def reach(self) -> str:
        """Return a text that two tokens share if they are of one caller and reach equally far.

        What was answered to one of them must not be repeated to a lesser one.
        """
        return f"{self.name} {self.scope.word} {self.project or ''}".rstrip()
