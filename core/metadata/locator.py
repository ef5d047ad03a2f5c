"""Which experiment a caller means, and whether they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from submarine.core.access.principal import Principal, Role, Scope


@dataclass(frozen=True, slots=True)
class Located:
    """The ids of an experiment and of its project."""

    id: str
    project: str


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
