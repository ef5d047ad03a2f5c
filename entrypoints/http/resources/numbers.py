"""Numbers on the wire: JSON has no word for what is not finite, so we have."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema


def finite(value: float) -> float | str:
    """Return *value*, as a word where JSON has no number for it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


_SCHEMA = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}

Number = Annotated[float, PlainSerializer(finite), WithJsonSchema(_SCHEMA)]
"""A float; ``"NaN"``, ``"Infinity"`` and ``"-Infinity"`` stand for themselves."""
