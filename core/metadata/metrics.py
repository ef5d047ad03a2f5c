"""Numbers a training reports: values and their laws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from submarine.core.errors import Fault, InvalidError

MOST_POINTS: Final = 10_000
"""Points of one call."""

MOST_KEYS: Final = 5_000
"""Different metrics of one experiment; who needs more has put a step into the key."""

LONGEST_KEY: Final = 250
LONGEST_WRITER: Final = 250

_LAST_TIME: Final = 253_402_300_799_999  # the year 9999
_INT64: Final = 2**63
_FAULTS: Final = 20
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Point(NamedTuple):
    """One value; ``at`` is Unix milliseconds by the reporter's clock, None for the server's."""

    key: str
    value: float
    step: int = 0
    at: int | None = None


class Reported(Protocol):
    """What is like a `Point`: whoever reads them from a wire hands on what he read, without a copy."""

    @property
    def key(self) -> str:
        """Which metric."""
        ...

    @property
    def value(self) -> float:
        """What it was."""
        ...

    @property
    def step(self) -> int:
        """When, as the training counts."""
        ...

    @property
    def at(self) -> int | None:
        """When, in Unix milliseconds."""
        ...


class Columns(NamedTuple):
    """Points by column: what is done to a whole column costs next to nothing for each point."""

    keys: Sequence[str]
    values: Sequence[float]
    steps: Sequence[int]
    times: Sequence[int | None]

    @classmethod
    def of(cls, points: Sequence[Reported]) -> Columns:
        """Take *points* apart."""
        return cls(*(list(map(get, points)) for get in _GETTERS))


_GETTERS: Final = tuple(map(attrgetter, Point._fields))


@dataclass(frozen=True, slots=True)
class MetricBatch:
    """Points of one call, in the order they were measured.

    With ``writer`` (whoever counts calls) and ``sequence`` (how many they made before) the call counts
    once, however often it is repeated.
    """

    experiment: str
    points: Sequence[Reported]
    writer: str | None = None
    sequence: int | None = None
    columns: Columns = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", Columns.of(self.points))


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many points were recorded; ``duplicate`` if the call had been counted before."""

    accepted: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Latest:
    """A metric in short. ``value`` is that of the highest step, of the latest time among equal ones.

    ``min`` and ``max`` leave out what is not a number: None if nothing else was reported.
    """

    key: str
    value: float
    step: int
    at: int
    min: float | None
    max: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One recorded value; ``place`` counts the metric's values in order of arrival, from 0."""

    place: int
    step: int
    at: int
    value: float


def check_batch(batch: MetricBatch) -> None:
    """Raise `InvalidError` naming all (or the first few) that is wrong with *batch*."""
    faults = _writer_faults(batch)
    if len(batch.points) > MOST_POINTS:
        faults.append(Fault("points", f"has {len(batch.points)} points", f"at most {MOST_POINTS} a call"))
    else:
        faults += _point_faults(batch.columns)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InvalidError(f"{faults[0].field}: {faults[0].reason}{more}", faults)


def _writer_faults(batch: MetricBatch) -> list[Fault]:
    if batch.writer is None and batch.sequence is None:
        return []
    if batch.writer is None or batch.sequence is None:
        missing = "writer" if batch.writer is None else "sequence"
        return [Fault(missing, "is missing", "writer and sequence together, or neither")]
    faults = []
    if reason := key_fault(batch.writer, LONGEST_WRITER):
        faults.append(Fault("writer", reason, f"1 to {LONGEST_WRITER} printable characters"))
    if not 0 <= batch.sequence < _INT64:
        faults.append(Fault("sequence", f"{batch.sequence} is out of range", "0 to 2^63-1"))
    return faults


def _point_faults(columns: Columns) -> list[Fault]:
    if _all_good(columns):
        return []
    faults: list[Fault] = []
    bad = {key: reason for key in set(columns.keys) if (reason := key_fault(key))}
    for n, (key, _, step, at) in enumerate(zip(*columns, strict=True)):
        if key in bad:
            faults.append(Fault(f"points.{n}.key", bad[key], f"1 to {LONGEST_KEY} printable characters"))
        if not -_INT64 <= step < _INT64:
            faults.append(Fault(f"points.{n}.step", f"{step} is out of range", "a 64-bit integer"))
        if at is not None and not 0 <= at <= _LAST_TIME:
            faults.append(Fault(f"points.{n}.at", f"{at} is no time", "Unix milliseconds, 1970 to 9999"))
        if len(faults) >= _FAULTS:
            break
    return faults


def _all_good(columns: Columns) -> bool:
    """Tell, column by column and so in a third of the time, whether nothing is wrong with *columns*."""
    keys, _, steps, times = columns
    if not keys:
        return True
    if any(key_fault(key) for key in set(keys)) or not (min(steps) >= -_INT64 and max(steps) < _INT64):
        return False
    told = [at for at in times if at is not None]
    return not told or (min(told) >= 0 and max(told) <= _LAST_TIME)


def key_fault(key: str, longest: int = LONGEST_KEY) -> str:
    """Return why *key* cannot name a metric, empty if it can."""
    if not key:
        return "is empty"
    if len(key) > longest:
        return f"has {len(key)} characters"
    if key in {".", ".."}:
        return "cannot stand in a URL"
    return "holds a control character or a line break" if _CONTROL.search(key) else ""
