"""Where in a shell command a quoted word may be put."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_PIECE: Final = re.compile(r"\\.|'|\$'|\$\"|\"|(?:(?<=[\s;&|()])|^)#[^\n]*|<<|`|.", re.DOTALL)
_HOPELESS: Final = frozenset({"<<", "`", "$'", '$"'})
_LOST: Final = -1


def are_bare(text: str, positions: Iterable[int]) -> Iterator[bool]:
    r"""Tell of each of the rising *positions* whether it is outside all quotes and comments of *text*.

    Cautious: no after anything whose quoting rules nest or differ between shells (a substitution inside
    double quotes, a back-quote, ``<<``, ``$'``). Reads *text* once.
    Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
    """
    at = 0
    for position in positions:
        while 0 <= at < position:
            at = _after_piece(text, at)
        yield at == position


def _after_piece(text: str, at: int) -> int:
    """Return where the quoted text, comment or character at *at* ends, -1 if that is not plain to see."""
    match = _PIECE.match(text, at)
    if match is None or match[0] in _HOPELESS:
        return _LOST
    if match[0] == "'":
        return text.find("'", match.end()) + 1 or _LOST
    return _after_double(text, match.end()) if match[0] == '"' else match.end()


def _after_double(text: str, at: int) -> int:
    """Return where the double-quoted text that begins at *at* has ended."""
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char == "`" or text.startswith("$(", at):
            return _LOST
        if text.startswith("${", at):
            end = text.find("}", at)
            if end < 0 or '"' in text[at:end] or "'" in text[at:end]:
                return _LOST
            at = end
        at += 2 if char == "\\" else 1
    return _LOST
