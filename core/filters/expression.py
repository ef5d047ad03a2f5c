"""A filter as a tree, after every name and value in it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from submarine.core.filters.fields import Kind, Op

Value = str | float | int
"""A text, a number (always float; not nan for a parameter), or a time (int, Unix milliseconds)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``name op values``; one value except for ``in``.

    What is absent compares false with everything, by ``!=`` too; ``not`` is plain negation, so
    ``not cluster = 'a'`` holds where there is no cluster. ``key`` is the member of a family
    (``metrics.loss``), ``position`` where it stands in the text, from 1.
    """

    name: str
    key: str | None
    kind: Kind
    op: Op
    values: tuple[Value, ...]
    position: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of ``terms``; none at all is true (the empty filter)."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of ``terms``."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of ``term``."""

    term: Expression


Expression = Comparison | And | Or | Not

EVERYTHING = And(())
"""What the empty filter means."""
