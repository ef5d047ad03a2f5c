"""Durations as options take them: ``90``, ``90s``, ``30m``, ``2h``, ``1h30m``."""

from __future__ import annotations

import re
from typing import Any, Final

import click
from typing_extensions import override

_PARTS: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_SECONDS: Final = (86400, 3600, 60, 1)


class DurationType(click.ParamType[float]):
    """Seconds, given as people say them."""

    name = "duration"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float | int):
            return float(value)
        match = _PARTS.fullmatch(str(value).strip())
        if match is None or not any(match.groups()):
            self.fail(f"{value!r} is not a duration; write it as 45s, 30m, 2h or 1h30m", param, ctx)
        return sum(float(g) * s for g, s in zip(match.groups(), _SECONDS, strict=True) if g)


DURATION: Final = DurationType()
