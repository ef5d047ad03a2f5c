"""Identifiers that sort by time of birth, so that an index on them is an index on age."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case for DNS names
_PAIRS: Final = [high + low for high in _ALPHABET for low in _ALPHABET]
_RANDOM_BITS: Final = 80

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return 26 characters: 48 bits of Unix milliseconds, then 80 random bits (as a ULID).

    Within one process each is greater than the one before.
    Source: https://github.com/ulid/spec
    """
    global _last  # noqa: PLW0603 - monotonic within the process by definition
    value = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    with _lock:
        _last = value = value if value > _last else _last + 1
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])
