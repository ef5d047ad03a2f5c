"""The depot's directory knows who somebody is."""

from __future__ import annotations

from submarine.core.errors import AdapterError
from submarine.core.ports.identity import Subject
from submarine_depot.client import Client


class DepotIdentity:
    """Identity; passwords are set in the depot, not by us."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        """See `Identity.verify`."""
        told = await self._client.ask("POST", "/logins", json={"name": name, "password": password})
        if not isinstance(told, dict) or not isinstance(told.get("welcome"), bool):
            raise AdapterError(f"the depot's directory answers nonsense: {told!r:.80}")
        return Subject(name=name) if told["welcome"] else None
