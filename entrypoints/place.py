"""Where this server is reached: by jobs, and by the other servers on its records."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from submarine.entrypoints.settings.model import Server

ANYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class Place:
    """Known in full once the server listens."""

    def __init__(self, settings: Server) -> None:
        self._settings = settings
        self._at = ""

    def bound(self, at: str) -> None:
        """Take the address at which the server listens."""
        self._at = at

    @property
    def peer(self) -> str:
        """Return where another server asks this one."""
        if self._settings.peer_url or not self._at:
            return self._settings.peer_url or ""
        if self._settings.host in ANYWHERE:
            return f"http://{socket.gethostname()}:{urlsplit(self._at).port}"
        return self._at

    def for_jobs(self, others: Sequence[str]) -> str:
        """Return where jobs report: here, else at one of *others*; if set, the address for all of us."""
        return self._settings.url or ",".join((self._at, *others))
