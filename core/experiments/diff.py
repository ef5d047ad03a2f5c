"""What two documents say differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from submarine.core.jobs.faults import join


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf at the dotted ``path``: what either document has there; None is nothing."""

    path: str
    a: Any
    b: Any


def diff(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """Return the leaves in which *a* and *b* differ, in the order of *a*, then what only *b* has.

    Lists of one length are compared item by item, others as a whole: after an insertion the numbers of
    the items would say nothing. ``1``, ``1.0`` and ``true`` are three values.
    """
    return list(_differences("", a, b))


def _differences(path: str, a: Any, b: Any) -> Iterator[Difference]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in [*a, *(key for key in b if key not in a)]:
            yield from _differences(join(path, key), a.get(key), b.get(key))
    elif isinstance(a, Mapping) and a and b is None:
        yield from _differences(path, a, {})
    elif isinstance(b, Mapping) and b and a is None:
        yield from _differences(path, {}, b)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _differences(join(path, i), x, y)
    elif type(a) is not type(b) or a != b:
        yield Difference(path, a, b)
