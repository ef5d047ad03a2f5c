"""Offers passwords of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.passwords.config import PasswordConfig
from submarine.core.ports.identity import IDENTITY, Identity
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _local(config: PasswordConfig) -> AsyncIterator[Identity]:
    from submarine.adapters.passwords.identity import PasswordIdentity

    async with PasswordIdentity.of(config) as identity:
        yield identity


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer local users."""
    yield Adapter(
        port=IDENTITY,
        name="local",
        config=PasswordConfig,
        open=_local,
        summary="Checks passwords against argon2id hashes in our own records.",
    )
