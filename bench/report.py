"""What a benchmark found, and how it is shown."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``ours`` and ``limit`` in ``unit``; ``goal`` is what the project promises, in words."""

    name: str
    ours: float
    limit: float | None
    unit: str
    limit_name: str = ""
    goal: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours in units of the limit."""
        return self.ours / self.limit if self.limit else None


def quantile(values: Sequence[float], q: float) -> float:
    """Return the *q* quantile (0 to 1) of *values*, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def lags(
    name: str, ours: Sequence[float], limit: Sequence[float], limit_name: str, *, goal: float
) -> list[Finding]:
    """Return by median and p95, in milliseconds, how late we are; *goal* is that of the p95, in seconds."""
    found = []
    for rank, said in ((0.5, ""), (0.95, f"< {goal:g} s")):
        late = quantile(ours, rank)
        found.append(
            Finding(
                name=f"{name}, p{rank * 100:g}",
                ours=late * 1000,
                limit=quantile(limit, rank) * 1000,
                unit="ms",
                limit_name=limit_name,
                goal=said,
                met=late < goal if said else None,
            )
        )
    return found


def median(values: Sequence[float]) -> float:
    """Return the median of *values*."""
    return statistics.median(values)


def machine() -> str:
    """Return what a reader must know of the machine: nobody in a run has it alone."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, shared by server, database and whoever sends; "
        f"Python {platform.python_version()}; load {load:.1f} at the end"
    )


def show(findings: Sequence[Finding], *, as_json: bool = False) -> None:
    """Print *findings*."""
    if as_json:
        said = [{**asdict(f), "ratio": f.ratio} for f in findings]
        print(json.dumps({"machine": machine(), "findings": said}, indent=2))
        return
    table = Table(title="submarine bench", title_justify="left")
    for column in ("what", "ours", "limit", "ratio", "against", "goal"):
        table.add_column(column, justify="right" if column in {"ours", "limit", "ratio"} else "left")
    for f in findings:
        mark = "" if f.met is None else (" [green]met[/]" if f.met else " [red]missed[/]")
        table.add_row(
            f.name,
            f"{f.ours:,.4g} {f.unit}",
            "" if f.limit is None else f"{f.limit:,.4g} {f.unit}",
            "" if f.ratio is None else f"{f.ratio:.2f}",
            f.limit_name,
            f.goal + mark,
        )
    console = Console(width=140)
    console.print(table)
    console.print(machine())
