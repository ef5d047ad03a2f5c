"""Offers the bundled placement policies."""

from __future__ import annotations

from collections.abc import Iterator

from submarine.adapters.policies.least_loaded import LeastLoaded
from submarine.adapters.policies.ordered_preference import OrderedPreference
from submarine.adapters.policies.spread import Spread
from submarine.core.ports.placement import PlacementPolicy
from submarine.plugins.hookspecs import hookimpl


@hookimpl
def submarine_policies() -> Iterator[PlacementPolicy]:
    """Offer every policy of this package."""
    yield LeastLoaded()
    yield Spread()
    yield OrderedPreference()
