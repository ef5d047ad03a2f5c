"""Kubernetes quantities as numbers; source: apimachinery's resource.Quantity."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from submarine.core.workloads.resources import Resources

_UNITS: Final[Mapping[str, Decimal | int]] = {
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
}
_PLAIN: Final = ("ephemeral-storage", "pods", "storage")


def quantity(text: object) -> Decimal:
    """Return the number that *text* means; 0 for what is none."""
    said = str(text)
    unit = next((unit for unit in _UNITS if said.endswith(unit)), "")
    try:
        return Decimal(said.removesuffix(unit)) * _UNITS.get(unit, 1)
    except InvalidOperation:
        return Decimal(0)


def resources(amounts: Mapping[str, object]) -> Resources:
    """Return what *amounts* (requests, or what is allocatable) come to, devices by their names."""
    return Resources(
        cpu=int(quantity(amounts.get("cpu", 0)) * 1000),
        memory=int(quantity(amounts.get("memory", 0))),
        extra={
            name: int(quantity(amount))
            for name, amount in amounts.items()
            if "/" in name and not name.startswith(("hugepages-", "attachable-volumes-", *_PLAIN))
        },
    )
