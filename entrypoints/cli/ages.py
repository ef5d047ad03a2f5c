"""Times and sizes as people say them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Return *seconds* in the largest unit, with the next one below ten: ``45s``, ``3m``, ``2h10m``."""
    left = max(0, int(seconds))
    for i, (unit, size) in enumerate(_UNITS):
        if left >= size or size == 1:
            count, rest = divmod(left, size)
            if count >= 10 or i + 1 == len(_UNITS):  # noqa: PLR2004
                return f"{count}{unit}"
            smaller, smaller_size = _UNITS[i + 1]
            fraction = rest // smaller_size
            return f"{count}{unit}{fraction}{smaller}" if fraction else f"{count}{unit}"
    return "0s"


def moment(value: Any) -> datetime | None:
    """Return ISO-8601 text or Unix milliseconds as a time, None for anything else."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def ago(value: Any) -> str:
    """Return how long *value* is past, ``-`` if it is no time."""
    then = moment(value)
    if then is None:
        return "-"
    seconds = (datetime.now(UTC) - then).total_seconds()
    return f"in {duration(-seconds)}" if seconds < -1 else f"{duration(seconds)} ago"


def between(start: Any, end: Any) -> str:
    """Return the time from *start* to *end*, or to now."""
    begun, ended = moment(start), moment(end)
    if begun is None:
        return "-"
    return duration(((ended or datetime.now(UTC)) - begun).total_seconds())


def size(value: Any) -> str:
    """Return bytes with a unit."""
    if not isinstance(value, int | float):
        return "-"
    left = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if left < 1024:  # noqa: PLR2004
            return f"{left:.0f} {unit}" if unit == "B" or left >= 10 else f"{left:.1f} {unit}"  # noqa: PLR2004
        left /= 1024
    return f"{left:.1f} TiB"


def number(value: Any) -> str:
    """Return a metric's value, short."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-" if value is None else str(value)
    return f"{value:.6g}"
