"""What a metric comes to: its row, and how a new row is added to what is there; in SQL."""

from __future__ import annotations

from typing import Final

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
