"""A server as the others on its records see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

SILENCE_MS: Final = 20_000
"""How long a server may be silent before it counts as down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """``url`` is where other servers reach it; ``clusters`` are those it follows or could follow."""

    id: str
    url: str
    host: str
    version: str
    clusters: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Return how a person would find it."""
        return f"server {self.host} ({self.url})" if self.url else f"server {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """When a server last reported (Unix ms), and how long ago that is, both by the database's clock."""

    server: Server
    seen: int
    age: int

    @property
    def up(self) -> bool:
        """Tell whether it reported lately."""
        return self.age < SILENCE_MS

    @property
    def told(self) -> str:
        """Return which server it is, and since when it is silent if it is."""
        if self.up:
            return self.server.named
        since = datetime.fromtimestamp(self.seen / 1000, UTC).isoformat(timespec="seconds")
        return f"{self.server.named}, which is down: it was last seen at {since}"
