"""Filters as parameterised SQL that means what `matches` means, on both engines.

No value ever stands in the text, and no name either: names are looked up in `Columns`. Every
comparison is two-valued (never null), so that ``not`` is plain negation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from submarine.adapters.sql.database import Dialect
from submarine.core.filters.evaluate import ascii_lower
from submarine.core.filters.expression import And, Comparison, Expression, Not, Value
from submarine.core.filters.fields import Kind, Op
from submarine.core.filters.literals import as_number

_SQL: Final = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
_ORDERED: Final = frozenset({Op.LT, Op.LE, Op.GT, Op.GE})
_PRECISE: Final = frozenset({Op.EQ, Op.IN, Op.HAS})


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a list are found.

    ``names`` maps a field to a column (or an expression) of the statement around; ``experiment`` is
    the expression of the experiment's id, by which tags, params and metrics are looked up.
    """

    names: Mapping[str, str]
    experiment: str = ""


@dataclass(frozen=True, slots=True)
class _Family:
    """A table of keyed values of an experiment: texts, numbers or both; a null number is not a number."""

    table: str
    text: str = ""
    number: str = ""


_FAMILIES: Final = {
    "metrics": _Family("metric_latest", number="x.value"),
    "params": _Family("params", text="x.value", number="x.number"),
}
_HELD: Final = "exists (select 1 from {table} x where x.experiment = {experiment}{since} and {test})"
_FOUND: Final = "select x.experiment as id from {table} x where {test} order by {order} limit {limit}"
# in the order of the index that has them, so that PostgreSQL takes it, however many it expects
_ORDER: Final = {"tags": "x.experiment", "params": "x.number", "metric_latest": "x.experiment"}
_INDEXED: Final = 64
"""Characters of a parameter's text that the index has."""


def compile_filter(
    expression: Expression, columns: Columns, dialect: Dialect, first: int = 1, since: str = ""
) -> tuple[str, list[object]]:
    """Return a condition for ``where`` and its arguments, which stand from ``$first`` on.

    *since* is the placeholder of the oldest experiment that is asked about, which PostgreSQL does not
    conclude from the statement around. Raise `KeyError` if *columns* lacks a field that the parser
    offered: a mistake of ours.
    """
    compiler = _Compiler(columns, dialect, first, since=f" and x.experiment >= {since}" if since else "")
    return compiler.condition(expression), compiler.arguments


def findable(expression: Expression | None) -> Comparison | None:
    """Return the most precise comparison that must hold and whose matches an index has, None without one."""
    terms = expression.terms if isinstance(expression, And) else (expression,)
    found = [term for term in terms if isinstance(term, Comparison) and _has_index(term)]
    return min(found, key=lambda asked: asked.op not in _PRECISE, default=None)


def _has_index(asked: Comparison) -> bool:
    if asked.key is None or asked.op in {Op.NE, Op.CONTAINS}:
        return asked.op is Op.HAS
    return asked.op in _PRECISE or all(isinstance(value, float) for value in asked.values)


def compile_search(asked: Comparison, dialect: Dialect, limit: int) -> tuple[str, list[object]]:
    """Return the statement that finds *limit* experiments for which *asked*, a `findable` one, holds."""
    compiler = _Compiler(Columns({}), dialect, 1, searching=True)
    table, test = compiler.kept(asked)
    return _FOUND.format(table=table, test=test, order=_ORDER[table], limit=limit), compiler.arguments


@dataclass(slots=True)
class _Compiler:
    columns: Columns
    dialect: Dialect
    first: int
    searching: bool = False
    since: str = ""
    arguments: list[object] = field(default_factory=list)

    def condition(self, expression: Expression) -> str:
        if isinstance(expression, Comparison):
            return self._comparison(expression)
        if isinstance(expression, Not):
            return f"not {self.condition(expression.term)}"
        if not expression.terms:
            return "1 = 1"
        word = " and " if isinstance(expression, And) else " or "
        return f"({word.join(self.condition(term) for term in expression.terms)})"

    def _place(self, value: object) -> str:
        self.arguments.append(value)
        return f"${self.first + len(self.arguments) - 1}"

    def _comparison(self, asked: Comparison) -> str:
        if asked.key is None and asked.op is not Op.HAS:
            column = self.columns.names[asked.name]
            text, number = (column, "") if asked.kind is not Kind.NUMBER else ("", column)
            return f"({column} is not null and {self._test(asked, text, number)})"
        table, test = self.kept(asked)
        experiment = self.columns.experiment
        return _HELD.format(table=table, experiment=experiment, since=self.since, test=test)

    def kept(self, asked: Comparison) -> tuple[str, str]:
        """Return the table whose rows tell for which experiments *asked* holds, and the test of a row."""
        if asked.op is Op.HAS:
            return "tags", f"x.tag = {self._place(asked.values[0])}"
        family = _FAMILIES[asked.name]
        key = self._place(asked.key)
        return family.table, f"x.key = {key} and {self._test(asked, family.text, family.number)}"

    def _test(self, asked: Comparison, text: str, number: str) -> str:
        """Return the condition on a value that is there, by its *text* or its *number*."""
        op = Op.EQ if asked.op is Op.IN else asked.op
        tests = [self._one(op, value, text, number) for value in asked.values]
        return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"

    def _one(self, op: Op, value: Value, text: str, number: str) -> str:
        if isinstance(value, float):
            return self._number(op, value, number)
        if op is Op.CONTAINS:
            return self._contains(str(value), text)
        if self.searching and op is Op.EQ and isinstance(value, str):
            return self._text(value, text, number)
        if isinstance(value, str) and op in _ORDERED and self.dialect == "postgres":
            text = f'{text} collate "C"'  # the order of code points, as everywhere else
        return f"{text} {_SQL[op]} {self._place(value)}"

    def _text(self, value: str, text: str, number: str) -> str:
        """Search as the index goes: by the number that a text spells, then by how it begins."""
        spelled = f"{number} is null and " if as_number(value) is None else ""
        begins = f"{spelled}substr({text}, 1, {_INDEXED}) = {self._place(value[:_INDEXED])}"
        if len(value) < _INDEXED:
            return f"({begins})"  # all of it: with the other test SQLite would miss the index
        return f"({begins} and {text} = {self._place(value)})"

    def _number(self, op: Op, value: float, number: str) -> str:
        if math.isnan(value):
            return f"{number} is null" if op is Op.EQ else f"{number} is not null"
        test = f"{number} {_SQL[op]} cast({self._place(value)} as double precision)"
        if op is Op.NE:
            return f"({number} is null or {test})"
        return f"({number} is not null and {test})"

    def _contains(self, value: str, text: str) -> str:
        """Search by position, not by ``like``: there is nothing to escape, and ASCII folds alike."""
        place = self._place(ascii_lower(value))
        if self.dialect == "postgres":
            return f'strpos(lower({text} collate "C"), {place}) > 0'
        return f"instr(lower({text}), {place}) > 0"
