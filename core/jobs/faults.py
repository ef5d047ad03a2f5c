"""All that is wrong with one document, collected before anybody is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from submarine.core.errors import Fault, InvalidError

SHOWN: Final = 100
"""Faults in one answer; nobody reads more, and a hostile document has thousands."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

V = TypeVar("V")
T = TypeVar("T")


def wrong(reason: str, expected: str = "") -> InvalidError:
    """Return the error of a law that knows no field; ``Faults.read`` fills the field in."""
    return InvalidError(
        f"{reason}; expected {expected}" if expected else reason, [Fault("", reason, expected)]
    )


def join(field: str, name: str | int) -> str:
    """Return the dotted path of *name* below *field*; a name with dots in it stands in quotes."""
    name = f'"{name}"' if isinstance(name, str) and "." in name else str(name)
    return f"{field}.{name}" if field else name


class Faults:
    """A growing list of faults. Laws go on after one, so that the user corrects all in one go."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, field: str, reason: str, expected: str = "") -> None:
        """Remember one fault."""
        self.found.append(Fault(field, reason, expected))

    def read(self, field: str, law: Callable[[V], T], value: V, otherwise: T) -> T:
        """Return ``law(value)``, or remember its faults below *field* and return *otherwise*."""
        try:
            return law(value)
        except InvalidError as error:
            for fault in error.faults:
                path = f"{field}.{fault.field}" if fault.field and field else field or fault.field
                self.found.append(Fault(path, fault.reason, fault.expected))
            return otherwise

    def refuse(self, thing: str) -> None:
        """Raise ``InvalidError`` with the faults of *thing* if there is one, ``SHOWN`` at most."""
        if self.found:
            more = len(self.found) - SHOWN
            rest = [Fault("", f"there are {more} more faults", "these corrected first")] if more > 0 else []
            raise InvalidError(summary(thing, self.found), [*self.found[:SHOWN], *rest])


def summary(thing: str, faults: list[Fault]) -> str:
    """Return one line that names *thing*, the number of *faults* and the first of them."""
    first = faults[0]
    line = f"{first.field}: {first.reason}" if first.field else first.reason
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{thing} is not valid: {line}{more}"


def kind_of(value: object) -> str:
    """Return in the words of YAML what *value* is: ``the number 5``, ``a list``, ``nothing (null)``."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {short(str(value))}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def plain(text: str) -> str:
    """Return *text* if it can be stored and shown; raise ``InvalidError`` if not."""
    if "\0" in text:
        raise wrong("holds a NUL character", "text without it")
    if not text.isascii() and _SURROGATE.search(text):
        raise wrong("holds half of a surrogate pair", "both halves, or the character itself")
    return text


def quoted(value: str) -> str:
    """Return *value* in quotes for a message: escaped where it cannot be read, cut where it is long."""
    return "'" + short("".join(c if c.isprintable() else ascii(c)[1:-1] for c in value[:80])) + "'"


def out_of_range(value: float) -> str:
    """Return the reason to refuse *value*, however many digits it has."""
    return f"{short(str(value))} is out of range"


def short(text: str, most: int = 60) -> str:
    """Return *text* cut to what fits in a message."""
    return text if len(text) <= most else text[: most - 3] + "..."
