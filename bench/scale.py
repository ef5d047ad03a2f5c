"""How large a run is: the one whose figures count, and a tiny one that shows that everything still runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Seconds of each measurement, and how many of everything."""

    seconds: float = 5.0
    turns: int = 30
    starts: int = 3
    experiments: tuple[int, ...] = (10_000, 100_000)
    singles: int = 64
    batches: int = 8
    points: int = 1_000
    peers: bool = True
    """Whether other people's servers are installed and measured too."""
    watchers: int = 500
    events: int = 200
    live: int = 2_000
    pace: float = 50.0
    """Changes a second among the live jobs."""


FULL: Final = Scale()
TINY: Final = Scale(
    seconds=0.3,
    turns=3,
    starts=1,
    experiments=(50,),
    singles=4,
    batches=2,
    points=50,
    peers=False,
    watchers=5,
    events=10,
    live=20,
)
