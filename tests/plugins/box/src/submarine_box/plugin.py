"""What the server finds; nothing heavy is imported before a box is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from submarine.core.ports.runtime import RUNTIME, Runtime
from submarine.plugins.adapter import Adapter, AnyAdapter
from submarine.plugins.hookspecs import hookimpl
from submarine_box.config import BoxConfig


@asynccontextmanager
async def open_box(config: BoxConfig) -> AsyncIterator[Runtime]:
    """Find the daemon of the folder, or start it; it stays when the server goes."""
    from submarine_box.link import Link
    from submarine_box.runtime import BoxRuntime

    link = Link(config.folder, config.timeout, config.via)
    await link.wake(cpu=config.cpu, memory=config.memory)
    yield BoxRuntime(link)


@hookimpl
def submarine_adapters() -> Iterator[AnyAdapter]:
    """Offer the box."""
    summary = "A daemon that runs processes here."
    yield Adapter(port=RUNTIME, name="box", config=BoxConfig, open=open_box, summary=summary)
