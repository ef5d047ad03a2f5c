"""What work belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """``name`` is unique in its team and never changes; times in Unix ms."""

    id: str
    name: str
    team: str
    description: str = ""
    created: int

    @property
    def ref(self) -> str:
        """Return ``team/name``, which names it on the whole site."""
        return f"{self.team}/{self.name}"
