"""Lengths of time as people write them: ``30s``, ``1h30m``, ``2d``, or a bare number of seconds."""

from __future__ import annotations

import math
import re
from typing import Final

from submarine.core.jobs.faults import kind_of, quoted, short, wrong

_UNITS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-zA-Z]+)")
_WHOLE: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[a-zA-Z]+)+")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGHAND: Final = {
    **dict.fromkeys(("sec", "secs", "second", "seconds", "S"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "M"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "H"), "h"),
    **dict.fromkeys(("day", "days", "D"), "d"),
    **dict.fromkeys(("week", "weeks", "W"), "w"),
}
_EXPECTED: Final = "a length of time such as 30s, 45m, 1h30m or 2d, or a number of seconds"
_ETERNITY: Final = 10**11  # seconds, three thousand years
_ENOUGH: Final = 40  # characters; no honest duration is longer


def parse_duration(value: object) -> float:
    """Return seconds, to the millisecond; raise ``InvalidError`` if *value* is no length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(f"is {kind_of(value)}, not a length of time", _EXPECTED)
    if isinstance(value, str):
        return _parse_text(value.strip())
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong(f"is {value}, not a length of time", _EXPECTED)
    if value < 0:
        raise wrong(f"{short(str(value))} is negative", _EXPECTED)
    if value > _ETERNITY:
        raise wrong(f"{short(str(value))} seconds is longer than anything lasts", _EXPECTED)
    return round(value * 1000) / 1000


class DurationLaw:
    """Reads a duration that has bounds."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def __call__(self, value: object) -> float:
        """Return the seconds of *value*; raise ``InvalidError`` if it is no duration within the bounds."""
        seconds = parse_duration(value)
        if not self.least <= seconds <= self.most:
            too = "short" if seconds < self.least else "long"
            bounds = f"between {show_duration(self.least)} and {show_duration(self.most)}"
            raise wrong(f"{quoted(str(value))} is too {too}", bounds)
        return seconds


def show_duration(seconds: float) -> str:
    """Return *seconds* as a user would write them: ``1h30m``."""
    rest = round(seconds * 1000)
    if not rest:
        return "0s"
    shown = ""
    for unit, size in _UNITS.items():
        if unit != "w" and (count := rest // size):
            shown += f"{count}{unit}"
            rest -= count * size
    return shown


def _parse_text(text: str) -> float:
    if len(text) > _ENOUGH:
        raise wrong(f"{quoted(text)} is not a length of time", _EXPECTED)
    if _NUMBER.fullmatch(text):
        return parse_duration(float(text))
    if text.startswith("-"):
        raise wrong(f"{quoted(text)} is negative", _EXPECTED)
    compact = text.replace(" ", "")
    if not _WHOLE.fullmatch(compact):
        raise wrong(f"{quoted(text)} is not a length of time", _EXPECTED)
    total, last = 0.0, math.inf
    for count, unit in _PART.findall(compact):
        size = _UNITS.get(unit)
        if size is None:
            right = _LONGHAND.get(unit)
            raise wrong(f"unit {quoted(unit)} is not one of time", f"{count}{right}" if right else _EXPECTED)
        if size >= last:
            raise wrong(f"{quoted(text)} does not go from the greater unit to the smaller", _EXPECTED)
        total, last = total + float(count) * size, size
    if total > _ETERNITY * 1000:
        raise wrong(f"{quoted(text)} is longer than anything lasts", _EXPECTED)
    return round(total) / 1000
