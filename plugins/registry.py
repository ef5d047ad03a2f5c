"""Finds adapters and opens the chosen ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar

import pluggy
from pydantic import ValidationError

from submarine.core.errors import AdapterError
from submarine.core.ports.port import Port
from submarine.plugins import hookspecs
from submarine.plugins.adapter import AnyAdapter

T = TypeVar("T")

BUILTIN: Final = (
    "submarine.adapters.arrow.plugin",
    "submarine.adapters.kubernetes.plugin",
    "submarine.adapters.memory.plugin",
)


class Registry:
    """The adapters on offer, by port and name."""

    def __init__(self, adapters: Iterable[AnyAdapter], broken: Mapping[str, Exception] | None = None) -> None:
        self.broken = broken or {}
        self._adapters: dict[tuple[str, str], AnyAdapter] = {}
        for adapter in adapters:
            key = adapter.port.name, adapter.name
            if key in self._adapters:
                raise AdapterError(f"two plugins offer {key[0]} adapter {key[1]!r}")
            self._adapters[key] = adapter

    def names(self, port: Port[Any]) -> list[str]:
        """Return the names of the adapters for *port*."""
        return sorted(name for p, name in self._adapters if p == port.name)

    @asynccontextmanager
    async def open(self, port: Port[T], name: str, options: Mapping[str, object]) -> AsyncIterator[T]:
        """Open adapter *name* of *port* with *options*."""
        try:
            adapter = self._adapters[port.name, name]
        except KeyError:
            offered = ", ".join(self.names(port)) or "none"
            hint = "".join(f"; plugin {p!r} is broken: {e!r}" for p, e in self.broken.items())
            raise AdapterError(f"no {port.name} adapter {name!r}; on offer: {offered}{hint}") from None
        try:
            config = adapter.config.model_validate(options)
        except ValidationError as error:
            raise AdapterError(f"bad options for {port.name} adapter {name!r}: {error}") from error
        async with adapter.open(config) as opened:
            yield opened


def discover() -> Registry:
    """Ask the built-in plugins and every installed one for adapters.

    A plugin that cannot be imported does not stop the others: it is remembered,
    and named when somebody asks for an adapter nobody else offers.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for module in BUILTIN:
        manager.register(import_module(module), name=module)
    broken: dict[str, Exception] = {}
    for found in entry_points(group=hookspecs.ENTRY_POINTS):
        try:
            manager.register(found.load(), name=found.name)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            broken[found.name] = error
    manager.check_pending()
    batches = manager.hook.submarine_adapters()
    return Registry((a for batch in batches for a in batch), broken)
