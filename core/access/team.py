"""Who works together, and who may do what there."""

from __future__ import annotations

from dataclasses import dataclass

from submarine.core.access.principal import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The owner of projects; ``name`` never changes; times in Unix ms."""

    id: str
    name: str
    description: str = ""
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user's role in a team."""

    id: str
    team: str
    user: str
    role: Role
    since: int
