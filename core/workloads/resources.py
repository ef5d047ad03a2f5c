"""How much of a machine somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NOTHING: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """``cpu`` in thousandths of a core, ``memory`` in bytes, ``extra`` in whole devices by name.

    Zero means "nothing asked": neither reserved nor limited.
    """

    cpu: int = 0
    memory: int = 0
    extra: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Resources) -> Resources:
        names = self.extra.keys() | other.extra.keys()
        return Resources(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            extra={n: self.extra.get(n, 0) + other.extra.get(n, 0) for n in sorted(names)},
        )

    def __sub__(self, other: Resources) -> Resources:
        return self + other * -1

    def __mul__(self, count: int) -> Resources:
        return Resources(
            cpu=self.cpu * count,
            memory=self.memory * count,
            extra={n: v * count for n, v in self.extra.items()},
        )

    def shortage(self, free: Resources) -> str | None:
        """Return in words what *free* lacks for this, or None if it fits."""
        lacks = []
        if self.cpu > max(free.cpu, 0):
            lacks.append(f"cpu: asks {self.cpu / 1000:g}, free {max(free.cpu, 0) / 1000:g}")
        if self.memory > max(free.memory, 0):
            lacks.append(f"memory: asks {_mebi(self.memory)}, free {_mebi(max(free.memory, 0))}")
        for name, asked in self.extra.items():
            if asked > (there := max(free.extra.get(name, 0), 0)):
                lacks.append(f"{name}: asks {asked}, free {there}")
        return "; ".join(lacks) or None


def _mebi(size: int) -> str:
    return f"{size / 2**20:.0f}Mi"
