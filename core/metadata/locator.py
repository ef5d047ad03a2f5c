"""Which experiment a caller means, and whether they may."""

from __future__ import annotations

from typing import Protocol

from submarine.core.access.principal import Principal, Role, Scope


class Located(Protocol):
    """An experiment, as far as metadata cares."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def project(self) -> str:
        """Its project as ``team/name``."""
        ...

    @property
    def project_id(self) -> str:
        """The id of its project."""
        ...


class Locator(Protocol):
    """Finds experiments for callers; a job's own token finds its own job only."""

    async def locate(
        self, principal: Principal, ref: str, project: str | None, role: Role, scope: Scope
    ) -> Located:
        """Return the experiment *ref* (an id or a name, narrowed by *project*).

        Raise `NotFoundError` if there is none the caller may see, `ForbiddenError` if they see it but
        have less than *role* or *scope*.
        """
        ...
