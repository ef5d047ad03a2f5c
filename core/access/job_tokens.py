"""The token of one attempt of one job: derived, never stored.

Any server that knows the secret mints the same token again after a restart, and verifies it without
asking the records. Whether that attempt is the living one is another question: see `Authenticator`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

PREFIX: Final = "sjt_"
_TEXT: Final = re.compile(r"sjt_([0-9a-z]{1,40})_(0|[1-9][0-9]{0,8})_([A-Za-z0-9_-]{43})")
_SHORTEST: Final = 32  # bytes


class JobTokens:
    """Mints and verifies with *secret*, at least 32 random bytes that all servers of a site share."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SHORTEST:
            raise ValueError(f"the secret has {len(secret)} bytes, at least {_SHORTEST} are needed")
        self._key = hmac.digest(secret, b"submarine job token v1", "sha256")

    def mint(self, job: str, attempt: int) -> str:
        """Return the token of *attempt* of *job*, the same each time."""
        digest = hmac.digest(self._key, f"{job}/{attempt}".encode(), hashlib.sha256)
        return f"{PREFIX}{job}_{attempt}_{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def verify(self, token: str) -> tuple[str, int] | None:
        """Return job and attempt of *token*, None if we never minted it; takes the same time for all."""
        found = _TEXT.fullmatch(token)
        if found is None:
            return None
        job, attempt = found[1], int(found[2])
        return (job, attempt) if hmac.compare_digest(self.mint(job, attempt), token) else None
