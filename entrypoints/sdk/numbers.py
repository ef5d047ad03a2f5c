"""Values of metrics as JSON can carry them."""

from __future__ import annotations

import math
from typing import SupportsFloat, SupportsIndex


def encoded(value: SupportsFloat | SupportsIndex) -> float | str:
    """Return *value* as a float, or as the word for one that JSON has no number for.

    Takes numpy scalars and tensors of one element; raise `TypeError` or `ValueError` for the rest.
    """
    if isinstance(value, str | bytes):
        raise TypeError(f"{value!r} is text, not a number")
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
