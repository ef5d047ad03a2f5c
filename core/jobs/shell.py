"""Where in a shell command a quoted word may be put."""

from __future__ import annotations

import re
from typing import Final

_PIECE: Final = re.compile(r"\\.|'|\"|(?:(?<=[\s;&|()])|^)#[^\n]*|\$'|\$\"|<<|`|\$\(|\$\{|.", re.DOTALL)


def is_bare(text: str, position: int) -> bool:
    r"""Tell whether *position* is outside all quotes, comments and here-documents of *text*.

    Cautious: no after anything whose quoting rules nest (a substitution inside double quotes, a
    back-quote, ``<<``, ``$'``). Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
    """
    at = 0
    while at < position:
        match = _PIECE.match(text, at)
        if match is None:
            return False
        piece = match[0]
        if piece in {"<<", "`", "$'", '$"'}:
            return False
        at = match.end()
        if piece == "'":
            at = text.find("'", at) + 1
            if not 0 < at <= position:
                return False
        elif piece == '"':
            at = _end_of_double(text, at)
            if not 0 < at <= position:
                return False
    return at == position


def _end_of_double(text: str, at: int) -> int:
    """Return where the double-quoted text that begins at *at* has ended, 0 if that is not plain to see."""
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char == "`" or text.startswith("$(", at):
            return 0
        if text.startswith("${", at):
            end = text.find("}", at)
            if end < 0 or '"' in text[at:end] or "'" in text[at:end]:
                return 0
        at += 2 if char == "\\" else 1
    return 0
