"""Values of metrics as JSON can carry them."""

from __future__ import annotations

import math
from typing import Any


def encoded(value: Any) -> float | str:
    """Return *value* as a float, or as the word for one that JSON has no number for.

    Takes arrays and tensors of one element too; raise `TypeError` or `ValueError` for the rest.
    """
    if isinstance(value, str | bytes):
        raise TypeError(f"{value!r} is text, not a number")
    if not isinstance(value, int | float) and hasattr(value, "item"):
        value = value.item()  # an array of one element, whatever its shape
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
