"""JSON as a document: each key once, no NaN, not too deep."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from submarine.core.jobs.faults import quoted, short
from submarine.entrypoints.documents.errors import MalformedError

DEPTH: Final = 64

_TOO_DEEP: Final = f"is nested more than {DEPTH} levels deep"


def load_json(text: str) -> Any:
    """Return the value of *text*; raise ``MalformedError`` if it is no JSON, or JSON with surprises."""
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise MalformedError.because(reason, "JSON", line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise MalformedError.because(_TOO_DEEP, f"at most {DEPTH} levels") from error
    except ValueError as error:
        raise MalformedError.because(short(str(error).lower(), 200), "a smaller number, or a text") from error
    if text.count("[") + text.count("{") > DEPTH:
        _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
            if isinstance(child, dict | list)
        ]
    if level:
        raise MalformedError.because(_TOO_DEEP, f"at most {DEPTH} levels")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedError.because(f"the key {quoted(twice)} stands twice in one mapping", "each key once")
    return mapping


def _no_constant(name: str) -> NoReturn:
    raise MalformedError.because(f"{name} is not JSON", f'a finite number, or "{name}" in quotes')


_decoder: Final = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_constant)
