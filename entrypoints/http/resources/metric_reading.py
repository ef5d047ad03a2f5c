"""The quick way to read metrics: a sixth of the time, for bodies with nothing unusual in them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from submarine.core.metadata.metrics import Reported


class _Point(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """Fills `Reported`."""

    key: str
    value: float
    step: int = 0
    at: int | None = None


class _Metrics(msgspec.Struct, forbid_unknown_fields=True):
    """What `MetricsIn` is, as far as its readers care."""

    points: list[_Point]  # how many may come is said later: the careful reader takes six times as long
    writer: str | None = None
    sequence: int | None = None

    def measured(self) -> Sequence[Reported]:
        """Return the points."""
        return self.points


_DECODER = msgspec.json.Decoder(_Metrics)


def quickly(data: bytes) -> _Metrics | None:
    """Read *data*; None if anything in it is wrong, or only right by a more generous reading."""
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
