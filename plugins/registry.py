"""Finds adapters, policies and frameworks, and opens the chosen adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from submarine.core.errors import AdapterError, Fault, SubmarineError
from submarine.core.ports.placement import PlacementPolicy
from submarine.core.ports.port import Port
from submarine.core.workloads.rendezvous import Framework
from submarine.plugins.adapter import AnyAdapter
from submarine.plugins.asking import described
from submarine.plugins.descriptor import Descriptor
from submarine.plugins.loading import load
from submarine.plugins.options import faults_of, in_words

T = TypeVar("T")


class Registry:
    """All that plugins offer; of two items of one kind and name the first in *offers* counts.

    ``broken`` maps the name of each plugin that failed, wholly or in part, to what went wrong.
    """

    def __init__(
        self, offers: Iterable[Descriptor] = (), broken: Mapping[str, AdapterError] | None = None
    ) -> None:
        by_key: dict[tuple[str, str], Descriptor] = {}
        for offer in offers:
            by_key.setdefault((offer.kind, offer.name), offer)
        self.offers: Sequence[Descriptor] = sorted(by_key.values(), key=lambda o: (o.kind, o.name))
        self.broken: Mapping[str, AdapterError] = MappingProxyType(dict(broken or {}))
        self.policies: Mapping[str, PlacementPolicy] = self._of_kind("policy")
        self.frameworks: Mapping[str, Framework] = self._of_kind("framework")

    def _of_kind(self, kind: str) -> Mapping[str, Any]:
        return MappingProxyType({offer.name: offer.item for offer in self.offers if offer.kind == kind})

    def names(self, port: Port[Any]) -> list[str]:
        """Return the names of the adapters for *port*."""
        return list(self._of_kind(port.name))

    def adapter(self, port: Port[Any], name: str) -> AnyAdapter:
        """Return adapter *name* of *port*; raise `AdapterError` with all that is on offer if none."""
        adapter: AnyAdapter | None = self._of_kind(port.name).get(name)
        if adapter is None:
            offered = ", ".join(self.names(port)) or "none"
            hints = "".join(
                f"; plugin {plugin!r} is broken: {error}" for plugin, error in self.broken.items()
            )
            raise AdapterError(f"no {port.name} adapter {name!r}; on offer: {offered}{hints}")
        return adapter

    def validate(self, port: Port[Any], name: str, options: Mapping[str, object]) -> list[Fault]:
        """Return what is wrong with *options* without opening anything; an empty list is good news."""
        try:
            adapter = self.adapter(port, name)
        except AdapterError as error:
            return [Fault("", str(error), f"one of {', '.join(self.names(port)) or 'none'}")]
        return self._read(adapter, options)[1]

    @asynccontextmanager
    async def open(self, port: Port[T], name: str, options: Mapping[str, object]) -> AsyncIterator[T]:
        """Open adapter *name* of *port* with *options*; raise `AdapterError` naming each wrong option."""
        adapter = self.adapter(port, name)
        config, faults = self._read(adapter, options)
        if config is None:
            named = "; ".join(map(in_words, faults))
            raise AdapterError(f"bad options for {port.name} adapter {name!r}: {named}")
        async with AsyncExitStack() as stack:
            try:
                opened: T = await stack.enter_async_context(adapter.open(config))
            except SubmarineError:
                raise
            except Exception as error:
                raise AdapterError(f"cannot open {port.name} adapter {name!r}: {described(error)}") from error
            yield opened

    def _read(
        self, adapter: AnyAdapter, options: Mapping[str, object]
    ) -> tuple[BaseModel | None, list[Fault]]:
        try:
            return adapter.config.model_validate(dict(options)), []
        except ValidationError as error:
            return None, faults_of(error, adapter.config)


def discover() -> Registry:
    """Ask the built-in plugins and every installed one what they bring.

    No plugin can stop another: one that cannot be imported, raises or yields what is no descriptor
    is remembered in ``broken`` with the reason, and what is sound in it is still on offer.
    """
    offers, broken = load()
    return Registry(offers, broken)
