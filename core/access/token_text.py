"""What a user's token looks like: ``sub_``, its id, the secret.

The secret has 256 random bits, so a plain SHA-256 of it is all that needs to be kept: there is nothing
to guess, and nothing to slow down. The prefix lets scanners of repositories find leaked ones.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from submarine.core.ids import new_id

PREFIX: Final = "sub_"
_TEXT: Final = re.compile(r"sub_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Secret:
    """A token in clear; it lives as long as one call."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Secret:
        """Return a new one."""
        return cls(new_id(), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> Secret | None:
        """Return what *text* says, None if it is no token of ours."""
        found = _TEXT.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def text(self) -> str:
        """Return what the user keeps."""
        return f"{PREFIX}{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """Return what we keep."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def fits(self, digest: str) -> bool:
        """Tell, in constant time, whether *digest* is of this secret."""
        return hmac.compare_digest(self.digest, digest)
