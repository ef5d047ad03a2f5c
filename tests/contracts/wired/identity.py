"""An identity in memory, reached over the wire."""

from __future__ import annotations

from submarine.core.ports.identity import Subject
from tests.contracts.wired.wire import Wire


class WiredIdentity:
    """Asks."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        found: Subject | None = await self.wire.ask("verify", name, password, verifier)
        return found

    async def enrol(self, name: str, password: str) -> str:
        found: str = await self.wire.ask("enrol", name, password)
        return found
