"""A filter's text cut into words."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from submarine.core.errors import InvalidError

LONGEST: Final = 4096
"""Characters of a filter."""


class Mark(enum.Enum):
    """What a token is."""

    WORD = "a name"
    TEXT = "a quoted text"
    NUMBER = "a number"
    DURATION = "a duration"
    OPERATOR = "an operator"
    SIGN = "a sign"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` as written, except for a quoted text: without its quotes. ``position`` counts from 1."""

    mark: Mark
    text: str
    position: int

    def says(self, word: str) -> bool:
        """Return whether this is the keyword or sign *word*, in any case."""
        return self.mark in (Mark.WORD, Mark.SIGN, Mark.OPERATOR) and self.text.lower() == word

    @property
    def shown(self) -> str:
        """How an error speaks of it."""
        if self.mark is Mark.END:
            return "the end of the filter"
        shown = self.text if len(self.text) <= 40 else f"{self.text[:37]}…"  # noqa: PLR2004 - fits a line
        return f"'{shown}'"


_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<DURATION>[+-]?\d+(?:\.\d+)?(?:ms|[smhdw])(?![\w.]))
    | (?P<NUMBER>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])
               |[+-]?(?:[iI]nf(?:inity)?|[nN]a[nN])(?![\w.-]))
    | (?P<WORD>[^\W\d][\w-]*(?:\.\w[\w-]*)*)
    | (?P<TEXT>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<OPERATOR>==|<>|!=|<=|>=|=|<|>|~)
    | (?P<SIGN>&&|\|\||[(),.!])
    """,
    re.VERBOSE,
)
_MEANT: Final = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_UNSPEAKABLE: Final = re.compile("[\x00\ud800-\udfff]")  # no database takes these in a text


def fault(position: int, reason: str, expected: str) -> InvalidError:
    """Return the error of a filter that goes wrong at character *position*."""
    return InvalidError.of("filter", f"at character {position}: {reason}", expected)


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of *text*, then one `Mark.END`; raise `InvalidError` where there is none."""
    if len(text) > LONGEST:
        raise InvalidError.of("filter", f"{len(text)} characters are too many", f"at most {LONGEST}")
    if unspeakable := _UNSPEAKABLE.search(text):
        code = f"U+{ord(unspeakable.group()):04X}"
        raise fault(unspeakable.start() + 1, f"{code} cannot be searched for", "ordinary characters")
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _nonsense(text, at)
        if found.lastgroup != "space":
            yield _token(found)
        at = found.end()
    yield Token(Mark.END, "", len(text) + 1)


def _token(found: re.Match[str]) -> Token:
    mark, text, position = Mark[str(found.lastgroup)], found.group(), found.start() + 1
    if text in _MEANT:
        raise fault(position, f"'{text}' is not of this language", f"'{_MEANT[text]}'")
    if mark is Mark.TEXT:
        quote = text[0]
        text = text[1:-1].replace(quote * 2, quote)
    return Token(mark, text, position)


def _nonsense(text: str, at: int) -> InvalidError:
    if text[at] in "'\"":
        return fault(at + 1, "the quoted text has no end", f"a closing {text[at]} (doubled inside the text)")
    if text[at].isdigit() or text[at] in "+-":
        word = re.match(r"[^\s,()]*", text[at:])
        return fault(at + 1, f"'{word.group()[:40] if word else ''}' is not a number", "0.5, -3, 1e-4, -2d")
    return fault(at + 1, f"'{text[at]}' means nothing here", "a name, a value or an operator")
