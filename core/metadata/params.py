"""What a training was run with: values set once, and their laws."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from submarine.core.errors import InvalidError
from submarine.core.filters.literals import as_number
from submarine.core.jobs.faults import Faults, wrong
from submarine.core.jobs.interpolation import Scalar, show_scalar
from submarine.core.jobs.names import param_name

MOST_PARAMS: Final = 2_000
"""Parameters of one experiment."""

LONGEST_PARAM: Final = 6_000

Kind = Literal["text", "number", "boolean"]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A parameter's value as it is recorded: its text, what it was, and its number if it spells one."""

    text: str
    kind: Kind
    number: float | None

    @classmethod
    def of(cls, value: Scalar) -> Spelled:
        """Return how *value* is written; raise `InvalidError` if it cannot be recorded."""
        text = show_scalar(value)
        if len(text) > LONGEST_PARAM:
            raise wrong(
                f"has {len(text)} characters", f"at most {LONGEST_PARAM}; what is longer is an artifact"
            )
        if "\x00" in text or not _is_speakable(text):
            raise wrong("holds a character no database keeps", "text without U+0000 and lone surrogates")
        if isinstance(value, bool):
            return cls(text, "boolean", None)
        if isinstance(value, str):
            return cls(text, "text", as_number(text))
        if not math.isfinite(value):
            raise wrong(f"{text} is not finite", f"a finite number, or the text '{text}'")
        return cls(text, "number", as_number(text))

    @property
    def value(self) -> Scalar:
        """What was recorded."""
        if self.kind == "text":
            return self.text
        found: Scalar = json.loads(self.text)
        return found

    def agrees(self, other: Spelled) -> bool:
        """Tell whether *other* says the same: the same text, or the same number."""
        return self.text == other.text or (self.number is not None and self.number == other.number)


def spell(params: Mapping[str, Scalar]) -> Mapping[str, Spelled]:
    """Return how *params* are recorded; raise `InvalidError` naming every one that cannot be."""
    if len(params) > MOST_PARAMS:
        raise InvalidError.of("params", f"has {len(params)} parameters", f"at most {MOST_PARAMS}")
    faults = Faults()
    spelled = {}
    for key, value in params.items():
        faults.read(f"params.{key[:80]}", param_name, key, "")
        spelled[key] = faults.read(f"params.{key[:80]}", Spelled.of, value, Spelled("", "text", None))
    faults.refuse("the call")
    return spelled


def _is_speakable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
