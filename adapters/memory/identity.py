"""An identity for tests: right in all it says, and cheap to guess."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from submarine.core.errors import InvalidError
from submarine.core.ports.identity import Subject

_SHORTEST: Final = 8
_LONGEST: Final = 1024
_NOBODY: Final = f"{'0' * 32}:{'0' * 64}"


class MemoryIdentity:
    """Keeps nothing; a verifier is a salt and one round of SHA-256, so never for production."""

    async def verify(self, name: str, password: str, verifier: str | None) -> Subject | None:
        """Return who *name* is if *password* is theirs."""
        salt, _, digest = (verifier or _NOBODY).partition(":")
        fits = hmac.compare_digest(_digest(salt, password), digest)
        return Subject(name=name) if fits and verifier is not None else None

    async def enrol(self, name: str, password: str) -> str:  # noqa: ARG002 - the protocol's
        """Return a salted digest of *password*."""
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise InvalidError.of(
                "password", f"has {len(password)} characters", f"{_SHORTEST} to {_LONGEST} characters"
            )
        salt = secrets.token_hex(16)
        return f"{salt}:{_digest(salt, password)}"


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}:{password}".encode(errors="surrogatepass")).hexdigest()
