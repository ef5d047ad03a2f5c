"""Tells an attempt's folder from one that somebody has made by the same name.

Where everybody may make folders, the owner of one says as whom to act there, and not that the attempt is
theirs: names of attempts can be known before. So the plan bears a seal over the attempt's name and its owner,
by a secret that only the server can read. Nobody has a seal for what is not theirs.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from submarine.adapters.yarn import names
from submarine.adapters.yarn.files import Files
from submarine.core.errors import UnavailableError

_BYTES: Final = 32


class Seals:
    """Makes seals and knows its own; the secret is a file that all servers of the cluster share."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._secret = b""

    async def seal(self, *words: str) -> str:
        """Return the seal of *words*; raise `UnavailableError` if HDFS does not tell the secret."""
        if not self._secret:
            secret = await self._files.own(names.SEAL, secrets.token_hex(_BYTES).encode())
            if len(secret) < 2 * _BYTES:
                raise UnavailableError(f"{names.SEAL} in the staging folder on HDFS is not whole: delete it")
            self._secret = secret
        return hmac.new(self._secret, "\0".join(words).encode(), hashlib.sha256).hexdigest()

    async def good(self, seal: str, *words: str) -> bool:
        """Tell whether *seal* is that of *words*."""
        return hmac.compare_digest((await self.seal(*words)).encode(), seal.encode())
