"""What users, teams and projects may be called, and how long their texts may be."""

from __future__ import annotations

import re
from typing import Final

from submarine.core.errors import InvalidError

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_USER: Final = re.compile(r"[a-z0-9]([-a-z0-9._@]{0,126}[a-z0-9])?")
_ID: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")
"""What no text that people write may hold: it moves cursors and forges lines. Tabs and ``\\n`` are fine."""
_RULE: Final = "lower-case letters a-z, digits and hyphens between them, at most 63, such as vision-2"
_USER_RULE: Final = "lower-case letters a-z, digits and - . _ @ between them, at most 128, such as jane.doe"
LONGEST_TEXT: Final = 2000


def label(field: str, value: str) -> str:
    """Return *value* if a team or a project may be called so, else raise `InvalidError`."""
    if not _LABEL.fullmatch(value):
        raise InvalidError.of(field, f"{value[:80]!r} cannot be a name", _RULE)
    return value


def user_name(field: str, value: str) -> str:
    """Return *value* if a user may be called so, else raise `InvalidError`."""
    if not _USER.fullmatch(value):
        raise InvalidError.of(field, f"{value[:80]!r} cannot be a user's name", _USER_RULE)
    return value


def is_user_name(value: str) -> bool:
    """Tell whether a user may be called *value*."""
    return _USER.fullmatch(value) is not None


def text(field: str, value: str, most: int = LONGEST_TEXT) -> str:
    """Return *value* if it is a text of at most *most* characters, else raise `InvalidError`."""
    if len(value) > most:
        raise InvalidError.of(field, f"has {len(value)} characters", f"at most {most}")
    if odd := CONTROL.search(value):
        raise InvalidError.of(field, f"holds the control character {odd[0]!r}", "plain text")
    return value


def is_id(value: str) -> bool:
    """Tell whether *value* looks like one of our identifiers."""
    return _ID.fullmatch(value) is not None


def cursor(value: str | None) -> str | None:
    """Return *value* if a list could have given it out, else raise `InvalidError`."""
    if value is not None and not is_id(value):
        raise InvalidError.of("cursor", "is none of this list", "next_cursor of the page before, as it was")
    return value
