"""A line chart for a terminal, four by two dots to the letter (Unicode braille)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_BLANK: Final = 0x2800
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot, by row and column. Source: Unicode 15, Braille Patterns."""
_AXIS: Final = 9


def chart(title: str, values: Sequence[float], *, width: int, height: int, until: int) -> str:
    """Return *values* at 1, 2, … *until* as *height* + 2 lines of *width* letters."""
    columns = max(width - _AXIS - 2, 4)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high <= low:
        high = low + 1.0
    cells = [[0] * columns for _ in range(height)]
    for x, y in _line(values, (columns * 2, height * 4), (low, high), max(until, 2)):
        cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    rows = ["".join(chr(_BLANK + bits) for bits in row) for row in cells]
    marks = {0: f"{high:.4g}", height // 2: f"{(high + low) / 2:.4g}", height - 1: f"{low:.4g}"}
    latest = f"{title} {values[-1]:.4f}" if values else f"{title} …"
    lines = [" " * (_AXIS + 2) + latest]
    lines += [f"{marks.get(number, ''):>{_AXIS}} ┤{row}" for number, row in enumerate(rows)]
    lines.append(" " * (_AXIS + 1) + "└" + f"epoch {until}".rjust(columns, "─"))
    return "\n".join(lines)


def _line(
    values: Sequence[float], size: tuple[int, int], bounds: tuple[float, float], until: int
) -> set[tuple[int, int]]:
    """Return the dots of the line through *values*; without gaps, also where it is steep."""
    (width, height), (low, high) = size, bounds
    places = [
        (round(step * (width - 1) / (until - 1)), round((high - value) / (high - low) * (height - 1)))
        for step, value in enumerate(values[:until])
    ]
    dots = set(places)
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        dots |= {(x0 + (x1 - x0) * i // steps, y0 + (y1 - y0) * i // steps) for i in range(1, steps)}
    return dots
