"""What only plugins can judge: whether an adapter exists, and whether its options are good."""

from __future__ import annotations

from collections import Counter

from submarine.core.errors import Fault
from submarine.core.ports.identity import IDENTITY
from submarine.core.ports.object_store import OBJECT_STORE
from submarine.core.ports.runtime import RUNTIME
from submarine.core.records import RECORDS
from submarine.entrypoints.settings.model import Settings
from submarine.plugins.registry import Registry


def check(settings: Settings, registry: Registry) -> list[Fault]:
    """Return everything that is wrong with *settings*, by key; opens nothing."""
    faults = []
    ports = (
        ("records", RECORDS, settings.records),
        ("store", OBJECT_STORE, settings.store),
        ("identity", IDENTITY, settings.identity),
    )
    for section, port, chosen in ports:
        faults += _under(section, registry.validate(port, chosen.use, chosen.options))
    for number, cluster in enumerate(settings.clusters):
        found = registry.validate(RUNTIME, cluster.use, cluster.options)
        faults += _under(f"clusters.{number} ({cluster.name})", found)
    for name, times in Counter(cluster.name for cluster in settings.clusters).items():
        if times > 1:
            faults.append(
                Fault("clusters", f"{times} clusters are named {name!r}", "a name of its own for each")
            )
    if settings.placement.policy not in registry.policies:
        offered = ", ".join(sorted(registry.policies)) or "none"
        reason = f"there is no placement policy {settings.placement.policy!r}"
        faults.append(Fault("placement.policy", reason, f"one of {offered}"))
    return faults


def _under(section: str, faults: list[Fault]) -> list[Fault]:
    return [Fault(f"{section}.{f.field or 'use'}", f.reason, f.expected) for f in faults]
