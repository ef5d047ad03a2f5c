"""The questions Submarine asks its plugins. Answers are descriptors; no hook does I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pluggy

from submarine.core.ports.placement import PlacementPolicy
from submarine.core.workloads.rendezvous import Framework
from submarine.plugins.adapter import AnyAdapter

PROJECT: Final = "submarine"
ENTRY_POINTS: Final = "submarine.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def submarine_adapters() -> Iterable[AnyAdapter]:
    """Yield a descriptor for every adapter the plugin brings."""
    return ()


@hookspec
def submarine_policies() -> Iterable[PlacementPolicy]:
    """Yield the placement policies the plugin brings, ready for use."""
    return ()


@hookspec
def submarine_frameworks() -> Iterable[Framework]:
    """Yield the training frameworks whose rendezvous variables the plugin knows."""
    return ()
