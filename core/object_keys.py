"""The law of object keys, the same for every store, so that no key means two things in two places."""

from __future__ import annotations

import re
from typing import Final

from submarine.core.errors import InvalidError

LONGEST: Final = 1024
"""Bytes in a key; the limit of S3. Source: Amazon S3 User Guide, "Naming Amazon S3 objects"."""

LONGEST_PART: Final = 255
"""Bytes in a part; the limit of file names on Linux (NAME_MAX) and HDFS."""

_PART: Final = re.compile(r"[A-Za-z0-9._-]{1,255}")
_START: Final = re.compile(r"[A-Za-z0-9._-]{0,255}")
_EXPECTED: Final = (
    f"parts of 1 to {LONGEST_PART} of A-Z a-z 0-9 . _ - joined by /, never . or .., at most {LONGEST} in all"
)


def is_part(name: str) -> bool:
    """Tell whether *name* may stand between the slashes of a key."""
    return _PART.fullmatch(name) is not None and name not in {".", ".."}


def check_key(key: str) -> None:
    """Raise `InvalidError` unless *key* is well-formed."""
    if len(key) > LONGEST:
        raise InvalidError.of("key", f"is {len(key)} long", _EXPECTED)
    for part in key.split("/"):
        if not is_part(part):
            raise InvalidError.of("key", f"{key!r} has the part {part!r}", _EXPECTED)


def check_prefix(prefix: str) -> None:
    """Raise `InvalidError` unless some key may start with *prefix*."""
    *whole, start = prefix.split("/")
    if len(prefix) > LONGEST or not all(map(is_part, whole)) or not _START.fullmatch(start):
        raise InvalidError.of("prefix", f"no key starts with {prefix[:LONGEST]!r}", _EXPECTED)


def check_range(offset: int, length: int | None) -> None:
    """Raise `InvalidError` if *offset* or *length* is negative."""
    if offset < 0:
        raise InvalidError.of("offset", f"{offset} is negative", "0 or more")
    if length is not None and length < 0:
        raise InvalidError.of("length", f"{length} is negative", "0 or more, or none for all")
