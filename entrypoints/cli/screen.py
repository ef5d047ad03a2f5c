"""What is fit for a terminal, and whether there is one."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from typing import Final

_COMMANDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: object) -> str:
    """Return *text* without control characters: a name must not move the cursor."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in _COMMANDING else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )


_ODD: Final = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


def is_odd(text: str) -> bool:
    """Tell whether *text* holds what JSON and YAML leave as it is, and terminals do not just show."""
    return _ODD.search(text) is not None


def escaped(document: str) -> str:
    """Return a JSON *document* that says the same without such characters."""
    return _ODD.sub(lambda m: json.dumps(m[0])[1:-1], document)


def width(text: str) -> int:
    """Return how many columns *text* takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def is_terminal() -> bool:
    """Return whether a person looks at stdout."""
    return sys.stdout.isatty()
