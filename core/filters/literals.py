"""What a written value means for the field it is compared with."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

from submarine.core.errors import InvalidError
from submarine.core.filters.expression import Value
from submarine.core.filters.fields import Field, Kind, Op
from submarine.core.filters.lexer import Mark, Token, fault

_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION: Final = re.compile(r"([+-]?[\d.]+)([a-z]+)")
_LAST_TIME: Final = 253_402_300_799_999  # the year 9999
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def as_number(text: str) -> float | None:
    """Return the number that *text* spells (``0.1``, ``-3``, ``1e-4``), None for any other text."""
    return float(text) if len(text) <= 64 and _PLAIN_NUMBER.fullmatch(text) else None  # noqa: PLR2004


def value_of(token: Token, field: Field, op: Op, now: int) -> Value:
    """Return the value *token* spells; raise `InvalidError` if it does not fit *field* and *op*.

    Durations count from *now*, Unix milliseconds.
    """
    if field.kind is Kind.TIME:
        return _time(token, now)
    if field.kind is Kind.NUMBER:
        return _number(token, op)
    if field.kind is Kind.SCALAR and token.mark is Mark.NUMBER:
        if token.text.lower().endswith("nan"):
            raise fault(token.position, "a parameter may spell nan but is no number then", "'nan' (a text)")
        return _number(token, op) if op is not Op.CONTAINS else token.text
    if field.kind is Kind.SCALAR and token.mark is Mark.WORD and token.text in ("true", "false"):
        return token.text
    if token.mark is not Mark.TEXT:
        raise fault(token.position, f"{token.shown} is not {field.kind.value}", _example(token, field))
    if field.choices and token.text not in field.choices:
        raise fault(token.position, f"there is no state {token.shown}", f"one of {', '.join(field.choices)}")
    return token.text


def _example(token: Token, field: Field) -> str:
    if field.choices:
        return f"one of {', '.join(repr(choice) for choice in field.choices)}"
    quoted = f"'{token.text}'" if token.mark is not Mark.END and "'" not in token.text else "'…'"
    return f"{quoted} (a text stands in quotes)"


def _number(token: Token, op: Op) -> float:
    if token.mark is not Mark.NUMBER:
        raise fault(token.position, f"{token.shown} is not a number", "a number such as 0.5, without quotes")
    value = float(token.text)
    if math.isnan(value) and op not in (Op.EQ, Op.NE):
        raise fault(
            token.position, f"nan has no place in an order, so '{op}' cannot be asked", "= nan, != nan"
        )
    return value


def _time(token: Token, now: int) -> int:
    if token.mark is Mark.TEXT:
        return _instant(token)
    spelled = _DURATION.fullmatch(token.text) if token.mark is Mark.DURATION else None
    if spelled is None:
        raise _no_time(token)
    try:
        at = now + round(float(spelled[1]) * _UNITS[spelled[2]])
    except (OverflowError, ValueError) as error:
        raise _no_time(token) from error
    return min(max(at, 0), _LAST_TIME)


def _instant(token: Token) -> int:
    try:
        moment = datetime.fromisoformat(token.text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        raise _no_time(token) from error
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _no_time(token: Token) -> InvalidError:
    return fault(
        token.position,
        f"{token.shown} is not a time",
        "'2026-01-31', '2026-01-31T12:00:00Z', or -2d for two days ago",
    )
