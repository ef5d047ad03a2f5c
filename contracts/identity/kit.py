"""What all promises of an identity share: how it is opened, and who is known to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import pytest
import pytest_asyncio

from submarine.contracts.faults import Linked
from submarine.core.ports.identity import IDENTITY, Enrolling, Identity
from submarine.plugins.registry import discover

PASSWORD: Final = "correct horse, Batterie 電池 \N{BATTERY}"  # noqa: S105 - of nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody the identity knows, and what our records keep of them."""

    name: str
    password: str
    verifier: str | None


class IdentityKit(Linked):
    """Subclass `IdentityContract`, set ``adapter``, return ``options``, and ``known`` if we cannot enrol."""

    adapter: ClassVar[str]
    patience: ClassVar[float] = 30.0
    """Seconds after which logins at once count as hanging."""
    rounds: ClassVar[int] = 10
    """How often a call is timed; the quickest counts."""

    @pytest.fixture
    def options(self) -> Mapping[str, object]:
        """Return what an operator would write for this adapter."""
        return {}

    @pytest_asyncio.fixture
    async def identity(self, options: Mapping[str, object]) -> AsyncIterator[Identity]:
        """Open the adapter the way the server does."""
        async with discover().open(IDENTITY, self.adapter, options) as identity:
            yield identity

    @pytest_asyncio.fixture
    async def known(self, identity: Identity) -> Known:
        """Return somebody who can log in; by default one we enrol."""
        return Known(name="ada", password=PASSWORD, verifier=await enrolling(identity).enrol("ada", PASSWORD))


def enrolling(identity: Identity) -> Enrolling:
    """Return *identity* as one that lets us set passwords; skip the promise if it does not."""
    if not isinstance(identity, Enrolling):
        pytest.skip(f"{type(identity).__name__} is not Enrolling")
    return identity
