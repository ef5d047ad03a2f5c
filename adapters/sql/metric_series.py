"""What a metric comes to: its row, and how a new row is added to what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final, NamedTuple

from submarine.core.metadata.metrics import Point

COLUMNS: Final = ("series", "place", "step", "at", "value")
"""Of a point."""
SERIES: Final = "experiment, key, step, at, value, lowest, highest, points"
"""Columns of a series."""

INTO_WRITERS: Final = "insert into metric_writers (experiment, writer, sequence, previous)"
COUNT_UP: Final = (
    "on conflict (experiment, writer) do update set previous = metric_writers.sequence, sequence = "
    "case when excluded.sequence > metric_writers.sequence "
    "then excluded.sequence else metric_writers.sequence end "
    "returning experiment, writer, previous"
)

_NEWER: Final = "(excluded.step, excluded.at) >= (metric_latest.step, metric_latest.at)"
SUM_UP: Final = (
    "on conflict (experiment, key) do update set "
    f"value = case when {_NEWER} then excluded.value else metric_latest.value end, "
    f"step = case when {_NEWER} then excluded.step else metric_latest.step end, "
    f"at = case when {_NEWER} then excluded.at else metric_latest.at end, "
    "lowest = case when metric_latest.lowest is null or excluded.lowest < metric_latest.lowest "
    "then excluded.lowest else metric_latest.lowest end, "
    "highest = case when metric_latest.highest is null or excluded.highest > metric_latest.highest "
    "then excluded.highest else metric_latest.highest end, "
    "points = metric_latest.points + excluded.points "
    "returning experiment, key, series, points"
)

Name = tuple[str, str]
"""Experiment and key."""


class Columns(NamedTuple):
    """Points of one series, in order of arrival; a value is None if it is not a number.

    Columns, for what is done to whole columns costs next to nothing for each point.
    """

    steps: Sequence[int]
    times: Sequence[int]
    values: Sequence[float | None]


def number(value: float) -> float | None:
    """Return *value*, None if it is not a number: SQLite cannot store that."""
    return value if value == value else None  # noqa: PLR0124 - not a number


def columns_of(points: Sequence[Point]) -> Columns:
    """Return *points*, at least one, whose times are set."""
    _, values, steps, times = zip(*points, strict=True)
    total = sum(values)
    if total != total:  # noqa: PLR0124 - one of them is not a number, or there are infinities of both signs
        return Columns(steps, times, [number(value) for value in values])
    return Columns(steps, times, values)


def summary(name: Name, columns: Columns) -> tuple[object, ...]:
    """Return the row of the series *name*, in the order of `SERIES`, as far as *columns* tell."""
    steps, times, values = columns
    newest = max(zip(steps, times, strict=True))
    place = next(n for n in range(len(steps) - 1, -1, -1) if (steps[n], times[n]) == newest)
    numbers = [value for value in values if value is not None]
    lowest, highest = min(numbers, default=None), max(numbers, default=None)
    return (*name, *newest, values[place], lowest, highest, len(steps))


def rows_of(series: int, first: int, columns: Columns) -> Iterable[tuple[object, ...]]:
    """Return the rows of the points, in the order of `COLUMNS`, the first of them at place *first*."""
    places = range(first, first + len(columns.steps))
    return zip(repeat(series, len(places)), places, *columns, strict=True)
