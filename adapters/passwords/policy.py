"""Which passwords are taken, and how one is turned into the bytes that are hashed."""

from __future__ import annotations

import unicodedata
from typing import Final

from submarine.core.errors import InvalidError

SHORTEST: Final = 8
"""Characters. Source: NIST SP 800-63B, section 5.1.1.2."""

LONGEST: Final = 1024
"""Bytes of UTF-8: room for any passphrase, and no work for an attacker to give us."""

_EXPECTED: Final = f"at least {SHORTEST} characters and at most {LONGEST} bytes of UTF-8"


def prepared(password: str) -> bytes | None:
    """Return what is hashed for *password*, None for one that cannot be anybody's.

    The same letters typed on two keyboards may come composed or decomposed; here they become one.
    Source: RFC 8265, section 4.2 (OpaqueString: Unicode normalization form C).
    """
    if len(password) > LONGEST:
        return None
    try:
        secret = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    return secret if len(secret) <= LONGEST else None


def accepted(password: str) -> bytes:
    """Return what is hashed for the new *password*; raise `InvalidError` if it is too weak or too long."""
    if len(unicodedata.normalize("NFC", password[: LONGEST + 1])) < SHORTEST:
        raise InvalidError.of("password", "is too short", _EXPECTED)
    secret = prepared(password)
    if secret is None:
        raise InvalidError.of("password", "is too long or no valid text", _EXPECTED)
    return secret
