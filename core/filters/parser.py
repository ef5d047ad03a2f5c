"""From a filter's text to its tree; every error says where, why, and what would be right.

filter     = [ any ]
any        = all { "or" all }
all        = one { "and" one }
one        = "not" one | "(" any ")" | comparison
comparison = field operator value | field [ "not" ] "in" "(" value { "," value } ")"
field      = name | family "." ( name | quoted )
"""

from __future__ import annotations

from typing import Final

from submarine.core.clock import now as clock_now
from submarine.core.errors import InvalidError
from submarine.core.filters.expression import EVERYTHING, And, Comparison, Expression, Not, Or, Value
from submarine.core.filters.fields import Field, Fields, Op
from submarine.core.filters.lexer import Mark, Token, fault, tokens
from submarine.core.filters.literals import value_of

DEEPEST: Final = 32
MOST_TERMS: Final = 64
MOST_VALUES: Final = 100
_KEYWORDS: Final = frozenset({"and", "or", "not", "in", "has"})


def parse(text: str, fields: Fields, now: int | None = None) -> Expression:
    """Return what *text* means over *fields*; the empty text means everything.

    Raise `InvalidError` if it means nothing. Durations (``-2d``) count from *now*, Unix milliseconds.
    """
    return _Parser(list(tokens(text)), fields, clock_now() if now is None else now).whole()


class _Parser:
    """Recursive descent with one token of foresight."""

    def __init__(self, found: list[Token], fields: Fields, now: int) -> None:
        self._tokens = found
        self._at = 0
        self._fields = fields
        self._now = now
        self._depth = 0
        self._terms = 0

    def whole(self) -> Expression:
        if self._next().mark is Mark.END:
            return EVERYTHING
        found = self._any()
        if self._next().mark is not Mark.END:
            raise self._unexpected("'and', 'or' or the end")
        return found

    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next()
        if token.mark is not Mark.END:
            self._at += 1
        return token

    def _met(self, word: str) -> bool:
        """Take the next token if it is *word*."""
        if self._next().says(word):
            self._at += 1
            return True
        return False

    def _unexpected(self, expected: str) -> InvalidError:
        return fault(self._next().position, f"{self._next().shown} stands where it cannot", expected)

    def _any(self) -> Expression:
        terms = [self._all()]
        while self._met("or"):
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _all(self) -> Expression:
        terms = [self._one()]
        while self._met("and"):
            terms.append(self._one())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _one(self) -> Expression:
        token = self._next()
        negated = self._met("not")
        if not negated and not self._met("("):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise fault(token.position, "the filter is nested too deep", f"at most {DEEPEST} levels")
        found = Not(self._one()) if negated else self._any()
        if not negated and not self._met(")"):
            raise self._unexpected("'and', 'or' or ')'")
        self._depth -= 1
        return found

    def _comparison(self) -> Expression:
        start = self._next()
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise fault(start.position, "the filter has too many comparisons", f"at most {MOST_TERMS}")
        name, key, field = self._field()
        negated = self._met("not")
        op = self._operator(field, name, negated)
        values = self._several(field, op) if op is Op.IN else (self._value(field, op),)
        found = Comparison(name, key, field.kind, op, values, start.position)
        return Not(found) if negated else found

    def _field(self) -> tuple[str, str | None, Field]:
        token = self._next()
        if token.mark is not Mark.WORD or token.text.lower() in _KEYWORDS:
            raise self._unexpected(f"a field, one of {', '.join(self._fields.offered)}, 'not' or '('")
        self._take()
        name, dot, rest = token.text.partition(".")
        key: str | None = rest if dot else None
        if key is None and self._met("."):
            if self._next().mark is not Mark.TEXT:
                raise self._unexpected(f'a name: {name}.loss or {name}."val/loss"')
            key = self._take().text
        field = self._fields.find(name, key)
        if field is None:
            raise self._unknown(token, name, key)
        return name, key, field

    def _unknown(self, token: Token, name: str, key: str | None) -> InvalidError:
        near = self._fields.nearest(name)
        hint = f"; did you mean '{near}'?" if near and near != name else ""
        if near == name:
            hint = f"; write {name}.NAME" if key is None else f"; '{name}' has no members"
        return fault(
            token.position, f"unknown field {token.shown}{hint}", f"one of {', '.join(self._fields.offered)}"
        )

    def _operator(self, field: Field, name: str, negated: bool) -> Op:
        token = self._next()
        offered = ", ".join(field.kind.ops)
        try:
            op = Op(token.text.lower() if token.mark in (Mark.OPERATOR, Mark.WORD) else "")
        except ValueError:
            raise self._unexpected(f"an operator: {offered}") from None
        if op not in field.kind.ops:
            raise fault(
                token.position, f"'{name}' is {field.kind.value} and knows no '{op}'", f"one of {offered}"
            )
        if negated and op is not Op.IN:
            raise self._unexpected(f"'in' (or 'not' before '{name}')")
        self._take()
        return op

    def _value(self, field: Field, op: Op) -> Value:
        value = value_of(self._next(), field, op, self._now)
        self._take()
        return value

    def _several(self, field: Field, op: Op) -> tuple[Value, ...]:
        if not self._met("("):
            raise self._unexpected("'(' and a list of values")
        values = [self._value(field, op)]
        while self._met(","):
            values.append(self._value(field, op))
            if len(values) > MOST_VALUES:
                raise fault(self._next().position, "the list has too many values", f"at most {MOST_VALUES}")
        if not self._met(")"):
            raise self._unexpected("',' or ')'")
        return tuple(values)
