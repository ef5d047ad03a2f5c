"""Offers the doubles that forget when the process ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from pydantic import BaseModel

from submarine.core.ports.identity import IDENTITY, Identity
from submarine.core.ports.object_store import OBJECT_STORE, ObjectStore
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


class MemoryConfig(BaseModel, frozen=True, extra="forbid"):
    """Nothing to configure."""


@asynccontextmanager
async def _object_store(_config: MemoryConfig) -> AsyncIterator[ObjectStore]:
    from submarine.adapters.memory.object_store import MemoryObjectStore

    yield MemoryObjectStore()


@asynccontextmanager
async def _identity(_config: MemoryConfig) -> AsyncIterator[Identity]:
    from submarine.adapters.memory.identity import MemoryIdentity

    yield MemoryIdentity()


class MemoryRuntimeConfig(BaseModel, frozen=True, extra="forbid"):
    """Which simulated cluster to open; those of one name are one, an unnamed one is new each time."""

    cluster: str = ""


@asynccontextmanager
async def _runtime(config: MemoryRuntimeConfig) -> AsyncIterator[Runtime]:
    from submarine.adapters.memory.cluster import Cluster, named
    from submarine.adapters.memory.runtime import MemoryRuntime

    yield MemoryRuntime(named(config.cluster) if config.cluster else Cluster())


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the doubles of this package."""
    yield Adapter(
        port=RUNTIME,
        name="memory",
        config=MemoryRuntimeConfig,
        open=_runtime,
        summary="Runs workloads in imagination only; for tests.",
    )
    yield Adapter(
        port=OBJECT_STORE,
        name="memory",
        config=MemoryConfig,
        open=_object_store,
        summary="Keeps objects until the server ends; for tests.",
    )
    yield Adapter(
        port=IDENTITY,
        name="memory",
        config=MemoryConfig,
        open=_identity,
        summary="Checks passwords against cheap digests; for tests.",
    )
