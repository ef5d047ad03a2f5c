"""What the server finds; nothing heavy is imported before a depot is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.core.ports.identity import IDENTITY, Identity
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl
from submarine_depot.config import DepotConfig


@asynccontextmanager
async def open_store(config: DepotConfig) -> AsyncIterator[ObjectStore]:
    """Open the objects of the depot."""
    from submarine_depot.client import Client
    from submarine_depot.object_store import DepotObjectStore

    async with Client.opened(config.url, config.timeout) as client:
        yield DepotObjectStore(client)


@asynccontextmanager
async def open_identity(config: DepotConfig) -> AsyncIterator[Identity]:
    """Open the directory of the depot."""
    from submarine_depot.client import Client
    from submarine_depot.identity import DepotIdentity

    async with Client.opened(config.url, config.timeout) as client:
        yield DepotIdentity(client)


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the depot."""
    yield Adapter(
        port=OBJECT_STORE, name="depot", config=DepotConfig, open=open_store, summary="Objects over HTTP."
    )
    yield Adapter(
        port=IDENTITY, name="depot", config=DepotConfig, open=open_identity, summary="A directory over HTTP."
    )
