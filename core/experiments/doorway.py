"""What experiments ask of the AccessManager."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from submarine.core.access.principal import Principal, Role, Scope


class Project(Protocol):
    """A project, as far as experiments care."""

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


class Doorway(Protocol):
    """Says who may do what where."""

    async def resolve(self, principal: Principal, ref: str | None) -> Project:
        """Return the project that *ref* (id, name or team/name; None: the default) means to the caller.

        Raise `NotFoundError` for one that the caller may not see, `ConflictError` for an ambiguous name.
        """
        ...

    async def visible(self, principal: Principal) -> Collection[str] | None:
        """Return the ids of the projects the caller may read, None for all."""
        ...

    async def project(self, id: str) -> Project:  # noqa: A002 - it is one
        """Return the project with that id."""
        ...

    def require(self, principal: Principal, project: Project, role: Role, scope: Scope) -> None:
        """Raise unless the caller has *role* there and a token of *scope*."""
        ...
