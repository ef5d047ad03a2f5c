"""Offers the simulated runtime; the server finds it as it finds any stranger's plugin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl


class SimulatedConfig(BaseModel, frozen=True, extra="forbid"):
    """Where the world that holds the jobs listens."""

    socket: Path


@asynccontextmanager
async def _open(config: SimulatedConfig) -> AsyncIterator[Runtime]:
    from bench.simulated.runtime import SimulatedRuntime

    yield SimulatedRuntime(config.socket)


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the simulated runtime."""
    yield Adapter(
        port=RUNTIME,
        name="simulated",
        config=SimulatedConfig,
        open=_open,
        summary="Jobs in imagination only, that live in another process; for benchmarks.",
    )
