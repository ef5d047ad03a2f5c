"""How we say who we are: by name alone, by a password, or by a token; Kerberos has a module of its own."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from submarine.core.errors import AdapterError

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL


@dataclass(frozen=True, slots=True)
class Proof:
    """What goes with one request."""

    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Credentials(Protocol):
    """Says who we are to one server after the other."""

    async def proof(self, url: URL) -> Proof:
        """Return what to add to a request to *url*.

        Raise `UnavailableError` if who vouches for us is away, `AdapterError` if they do not know us.
        """
        ...

    def heard(self, answer: ClientResponse) -> bool:
        """Learn from an answer; tell whether the same request may succeed with a new proof."""
        ...


class Name:
    """The name alone, where the cluster believes it."""

    def __init__(self, user: str) -> None:
        self._proof = Proof(query={"user.name": user})

    async def proof(self, url: URL) -> Proof:  # noqa: ARG002 - the same everywhere
        """See `Credentials.proof`."""
        return self._proof

    def heard(self, answer: ClientResponse) -> bool:  # noqa: ARG002
        """See `Credentials.heard`."""
        return False


class Password(Name):
    """Name and password, as a gateway asks for them.

    Knox puts whom it knows in the place of the name in the query, and some calls pass only with a query.
    """

    def __init__(self, user: str, password: str) -> None:
        super().__init__(user)
        said = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._proof = Proof(self._proof.query, {"Authorization": f"Basic {said}"})


class Token:
    """A delegation token that somebody else renews, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def proof(self, url: URL) -> Proof:  # noqa: ARG002 - the same everywhere
        """See `Credentials.proof`."""
        try:
            text = await asyncio.to_thread(self._path.read_text)
        except (OSError, UnicodeDecodeError) as error:
            raise AdapterError(f"cannot read the delegation token in {self._path}: {error}") from error
        return Proof(query={"delegation": text.strip()})

    def heard(self, answer: ClientResponse) -> bool:  # noqa: ARG002
        """See `Credentials.heard`."""
        return False
