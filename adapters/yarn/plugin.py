"""Offers the YARN runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.adapters.yarn.config import YarnConfig
from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


@asynccontextmanager
async def _open(config: YarnConfig) -> AsyncIterator[Runtime]:
    from submarine.adapters.yarn.runtime import YarnRuntime

    async with YarnRuntime.open(config) as runtime:
        yield runtime


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the YARN runtime."""
    yield Adapter(
        port=RUNTIME,
        name="yarn",
        config=YarnConfig,
        open=_open,
        summary="Runs workloads on a Hadoop YARN cluster.",
    )
