"""What work belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """``name`` is unique in its team and never changes; ``version`` grows with each change; times in ms."""

    id: str
    name: str
    team: str
    description: str = ""
    version: int = 1
    created: int

    @property
    def ref(self) -> str:
        """Return ``team/name``, which names it on the whole site."""
        return f"{self.team}/{self.name}"
