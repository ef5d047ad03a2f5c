"""Offers the local runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.local.config import LocalConfig
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _open(config: LocalConfig) -> AsyncIterator[Runtime]:
    from submarine.adapters.local.runtime import LocalRuntime

    async with LocalRuntime.open(config) as runtime:
        yield runtime


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the local runtime."""
    yield Adapter(
        port=RUNTIME,
        name="local",
        config=LocalConfig,
        open=_open,
        summary="Runs workloads as processes of this machine.",
    )
