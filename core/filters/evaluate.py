"""What a filter means, said in Python: the reference that every backend must agree with."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from submarine.core.filters.expression import And, Comparison, Expression, Not, Value
from submarine.core.filters.fields import Kind, Op
from submarine.core.filters.literals import as_number

_ORDER: Final[Mapping[Op, Callable[[Any, Any], bool]]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """Return *text* with ASCII letters made small: what every database can do alike."""
    return text.translate(_LOWER)


def matches(expression: Expression, record: Mapping[str, Any]) -> bool:
    """Return whether *record* passes; it maps names to values, and families to mappings.

    Texts are str, numbers int or float, times int (Unix milliseconds), sets collections of str, a
    parameter its text. A name that is missing or None is absent.
    """
    if isinstance(expression, Comparison):
        return _compare(expression, record)
    if isinstance(expression, Not):
        return not matches(expression.term, record)
    fold = all if isinstance(expression, And) else any
    return fold(matches(term, record) for term in expression.terms)


def _compare(asked: Comparison, record: Mapping[str, Any]) -> bool:
    found = record.get(asked.name)
    if asked.key is not None and found is not None:
        found = found.get(asked.key)
    if found is None:
        return False
    if asked.op is Op.HAS:
        members: Collection[str] = found
        return asked.values[0] in members
    if asked.op is Op.IN:
        return any(_holds(asked.kind, Op.EQ, found, value) for value in asked.values)
    return _holds(asked.kind, asked.op, found, asked.values[0])


def _holds(kind: Kind, op: Op, found: Any, value: Value) -> bool:
    if op is Op.CONTAINS:
        return ascii_lower(str(value)) in ascii_lower(found)
    if kind is Kind.SCALAR and isinstance(value, float):
        found = as_number(found)
        if found is None:
            return op is Op.NE
    if isinstance(value, float) and math.isnan(value):
        return math.isnan(found) is (op is Op.EQ)
    return _ORDER[op](found, value)
