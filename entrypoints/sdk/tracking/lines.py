"""The lines of the spool: what was recorded, in pieces that can be sent one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

Record = dict[str, Any]
"""``{"kind": "metrics" | "params" | "tags", …}``; one of metrics holds a single point while it is queued."""

LARGEST_BATCH: Final = 1000


def point(key: str, value: float | str, step: int | None, at: int) -> Record:
    """Return the record of one value at Unix milliseconds *at*."""
    found: Record = {"key": key, "value": value, "at": at}
    if step is not None:
        found["step"] = step
    return {"kind": "metrics", "point": found}


def batches(records: Iterable[Record], writer: str, next_sequence: Callable[[], int]) -> Iterator[bytes]:
    """Yield *records* as lines, in order, with neighbouring points together."""
    points: list[Any] = []

    def line() -> bytes:
        batch = {"kind": "metrics", "writer": writer, "sequence": next_sequence(), "points": points}
        return encode(batch)

    for record in records:
        if record["kind"] == "metrics":
            points.append(record["point"])
        if points and (len(points) == LARGEST_BATCH or record["kind"] != "metrics"):
            yield line()
            points = []
        if record["kind"] != "metrics":
            yield encode(record)
    if points:
        yield line()


def encode(record: Record) -> bytes:
    """Return *record* as one line."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
