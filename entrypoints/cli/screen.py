"""What is fit for a terminal, and whether there is one."""

from __future__ import annotations

import sys
import unicodedata


def printable(text: object) -> str:
    """Return *text* without control characters: a name must not move the cursor."""
    return "".join(
        c if c == "\n" or not unicodedata.category(c).startswith("C") else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )


def width(text: str) -> int:
    """Return how many columns *text* takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def is_terminal() -> bool:
    """Return whether a person looks at stdout."""
    return sys.stdout.isatty()
