"""Curves in a terminal, drawn by plotext."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_HEIGHT = 16
_LARGEST_WIDTH = 110


def draw(title: str, points: Sequence[Mapping[str, Any]]) -> str:
    """Return the curve of *points* ``{step, value}`` as text; values that are no numbers are left out."""
    from submarine.entrypoints.cli.screen import printable

    title = printable(title)
    pairs = [(i if p.get("step") is None else p["step"], p.get("value")) for i, p in enumerate(points)]
    finite = [(x, float(y)) for x, y in pairs if isinstance(y, int | float) and math.isfinite(y)]
    if not finite:
        return f"{title}: no values to plot"
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.theme("default" if sys.stdout.isatty() else "colorless")
    figure.plot_size(min(shutil.get_terminal_size((80, 24)).columns, _LARGEST_WIDTH), _HEIGHT)
    signal = figure.signal([x for x, _ in finite], [y for _, y in finite], marker="braille")
    signal.lines()
    figure.draw(signal)
    left_out = len(pairs) - len(finite)
    figure.title(f"{title} ({left_out} values are no numbers)" if left_out else title)
    text = figure.build().string()
    return str(text if sys.stdout.isatty() else plotext.uncolorize(text)).rstrip("\n")
