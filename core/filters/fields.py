"""What a filter may speak of: names, and what kind of value each has."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


class Op(enum.StrEnum):
    """How a field is compared; ``CONTAINS`` ignores the case of ASCII letters."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    CONTAINS = "~"
    IN = "in"
    HAS = "has"


_ORDER: Final = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)
_TEXT: Final = (*_ORDER, Op.CONTAINS, Op.IN)


class Kind(enum.Enum):
    """What a field holds, and so which operators and values fit it.

    ``SCALAR`` is text that may be a number too (a parameter): compared as text with a text, as a
    number with a number.
    """

    STRING = "a text"
    NUMBER = "a number"
    TIME = "a time"
    SET = "a set of texts"
    STATE = "a state"
    SCALAR = "a text or a number"

    @property
    def ops(self) -> tuple[Op, ...]:
        """The operators that make sense."""
        return _OPS[self]


_OPS: Final = {
    Kind.STRING: _TEXT,
    Kind.NUMBER: (*_ORDER, Op.IN),
    Kind.TIME: _ORDER,
    Kind.SET: (Op.HAS,),
    Kind.STATE: (Op.EQ, Op.NE, Op.IN),
    Kind.SCALAR: _TEXT,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field's kind; ``choices`` are the only values of a state."""

    kind: Kind
    choices: tuple[str, ...] = ()


class Fields:
    """The fields of one list: fixed names, and open families such as ``metrics.*``."""

    def __init__(self, names: Mapping[str, Kind | Field], families: Mapping[str, Kind] | None = None) -> None:
        self._names = {n: f if isinstance(f, Field) else Field(f) for n, f in names.items()}
        self._families = dict(families or {})

    def find(self, name: str, key: str | None) -> Field | None:
        """Return the field *name*, or the member *key* of the family *name*; None if not offered."""
        if key is None:
            return self._names.get(name)
        kind = self._families.get(name)
        return Field(kind) if kind and key else None

    @property
    def offered(self) -> Sequence[str]:
        """What users may write, in order; a family as ``name.*``."""
        return [*sorted(self._names), *(f"{family}.*" for family in sorted(self._families))]

    def nearest(self, name: str) -> str | None:
        """Return the offered name that *name* is probably a slip of."""
        names = [*self._names, *self._families]
        return next(iter(difflib.get_close_matches(name.lower()[:100], names, n=1)), None)
