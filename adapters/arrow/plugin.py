"""Offers object stores on Arrow's file systems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.arrow.config import FileConfig
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _file(config: FileConfig) -> AsyncIterator[ObjectStore]:
    from submarine.adapters.arrow.local_volume import LocalVolume
    from submarine.adapters.arrow.object_store import ArrowObjectStore

    async with ArrowObjectStore.on(LocalVolume(config.root)) as store:
        yield store


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the store on local files."""
    yield Adapter(
        port=OBJECT_STORE,
        name="file",
        config=FileConfig,
        open=_file,
        summary="Keeps objects as files below one folder, whole or not at all.",
    )
