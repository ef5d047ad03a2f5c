"""Points of a metric, by column: what they come to, and how they are filed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Final, NamedTuple, cast

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.metric_series import COLUMNS
from submarine.core.metadata.metrics import Columns

KINDS: Final = "qqqqd"
"""Of `COLUMNS`: integers, and a float."""

Name = tuple[str, str]
"""Experiment and key."""


class Stretch(NamedTuple):
    """Points of one series, in order of arrival, by column; a value is None if it is not a number."""

    steps: Sequence[int]
    times: Sequence[int]
    values: Sequence[float | None]


def number(value: float) -> float | None:
    """Return *value*, None if it is not a number: SQLite cannot store that."""
    return value if value == value else None  # noqa: PLR0124 - not a number


def stretches(columns: Columns) -> Mapping[str, Stretch]:
    """Return points, whose times are set, by key."""
    keys, steps, times = columns.keys, columns.steps, cast(Sequence[int], columns.times)
    values = _numbers(columns.values)
    if len(set(keys)) == 1:
        return {keys[0]: Stretch(steps, times, values)}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for n, key in enumerate(keys):
        places[key].append(n)
    return {
        key: Stretch([steps[n] for n in some], [times[n] for n in some], [values[n] for n in some])
        for key, some in places.items()
    }


def _numbers(values: Sequence[float]) -> Sequence[float | None]:
    total = sum(values)
    if total == total:  # noqa: PLR0124
        return values
    return [number(value) for value in values]  # not a number is among them, or infinities of both signs


def joined(some: Sequence[Stretch]) -> Stretch:
    """Return *some* of one series as one."""
    if len(some) == 1:
        return some[0]
    return Stretch(*(list(chain.from_iterable(columns)) for columns in zip(*some, strict=True)))


def summary(stretch: Stretch) -> tuple[int, int, float | None, float | None, float | None, int]:
    """Return what *stretch*, of at least one point, comes to, in the order of `SERIES` from ``step`` on."""
    steps, times, values = stretch
    place = _newest(steps, times)
    numbers = [value for value in values if value is not None]
    lowest, highest = min(numbers, default=None), max(numbers, default=None)
    return steps[place], times[place], values[place], lowest, highest, len(steps)


def _newest(steps: Sequence[int], times: Sequence[int]) -> int:
    """Return the place of the highest step, of the latest time among equal ones, of the last among equals."""
    last = max(steps)
    if steps[-1] == last and steps.count(last) == 1:  # as when steps count up
        return len(steps) - 1
    return max((n for n, step in enumerate(steps) if step == last), key=lambda n: (times[n], n))


class Filing:
    """Points on their way into the table of points, by column, in the order of `COLUMNS`."""

    def __init__(self) -> None:
        self._columns: list[list[float | None]] = [[] for _ in COLUMNS]

    def add(self, series: int, first: int, stretch: Stretch) -> None:
        """File *stretch* under *series*, the first of it at the place *first*."""
        count = len(stretch.steps)
        rows: tuple[Iterable[float | None], ...]
        rows = (repeat(series, count), range(first, first + count), *stretch)
        for column, more in zip(self._columns, rows, strict=True):
            column.extend(more)

    async def write(self, session: Session) -> None:
        """Insert them all."""
        if self._columns[0]:
            await session.copy_numbers("metrics", COLUMNS, KINDS, self._columns)
