"""What a job's SDK could not send, and left on disk instead: one JSON document a line.

{"kind": "metrics", "writer": "worker-0", "sequence": 7, "points": [{"key", "value", "step", "at"}]}
{"kind": "params", "params": {"lr": 0.1}}
{"kind": "tags", "add": ["demo"], "remove": []}
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from submarine.core.errors import InvalidError
from submarine.core.metadata.metrics import MetricBatch, Point, check_batch
from submarine.core.metadata.params import Spelled, spell
from submarine.core.metadata.tags import check_changes

LONGEST_LINE: Final = 4_000_000
"""Bytes."""

_NAMED: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, slots=True)
class ParamsSaid:
    """Parameters a job wanted to set."""

    params: Mapping[str, Spelled]


@dataclass(frozen=True, slots=True)
class TagsSaid:
    """Tags a job wanted to add and to remove."""

    add: Sequence[str]
    remove: Sequence[str]


Said = MetricBatch | ParamsSaid | TagsSaid


def read_line(experiment: str, line: bytes) -> Said | None:
    """Return what *line* says about *experiment*, None for an empty line.

    Raise `InvalidError` if it says nothing sensible, as a line does that was torn when its process died.
    """
    if len(line) > LONGEST_LINE:
        raise InvalidError(f"a line of {len(line)} bytes is too long")
    if not line.strip():
        return None
    try:
        document = json.loads(line)
        return _said(experiment, document, line)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise InvalidError(f"no line of a spool: {type(error).__name__}: {str(error)[:100]}") from error


def _said(experiment: str, document: Mapping[str, Any], line: bytes) -> Said:
    kind = document["kind"]
    if kind == "metrics":
        writer, sequence = document.get("writer"), document.get("sequence")
        if writer is None or sequence is None:  # nothing but its content tells it from others
            writer, sequence = f"spool:{hashlib.sha256(line.strip()).hexdigest()}", 0
        batch = MetricBatch(
            experiment, [_point(p) for p in document["points"]], str(writer), _integer(sequence)
        )
        check_batch(batch)
        return batch
    if kind == "params":
        return ParamsSaid(spell({str(key): _scalar(value) for key, value in document["params"].items()}))
    if kind == "tags":
        said = TagsSaid(_texts(document.get("add", [])), _texts(document.get("remove", [])))
        check_changes(said.add, said.remove)
        return said
    raise InvalidError(f"no line of a spool: there is no kind {str(kind)[:40]!r}")


def _point(said: Mapping[str, Any]) -> Point:
    at = said.get("at")
    key, value = said["key"], said["value"]
    if not isinstance(key, str):
        raise TypeError("a key is not a text")
    number = _NAMED[value] if isinstance(value, str) else float(value)
    return Point(key, number, _integer(said.get("step") or 0), None if at is None else _integer(at))


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{str(value)[:40]!r} is no integer")
    return int(value)


def _scalar(value: object) -> str | int | float | bool:
    if value is None:
        return "null"  # as over HTTP
    if not isinstance(value, str | int | float | bool):
        raise TypeError("a parameter is neither a text nor a number nor a boolean")
    return value


def _texts(value: object) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError("tags are not a list of texts")
    return value
