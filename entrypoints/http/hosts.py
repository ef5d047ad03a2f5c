"""Names the server answers to.

A page of a stranger may point its own name at 127.0.0.1 and have the browser of whoever visits it talk
to us (DNS rebinding); the Host header gives that away.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from submarine.entrypoints.http.problems import HttpError

ANY: Final = "*"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_SEEN: Final = 256


class Hosts:
    """Exact names, ``*.example.com`` for all below, ``*`` for any."""

    def __init__(self, allowed: Collection[str]) -> None:
        names = {name.lower().strip("[]").rstrip(".") for name in allowed}
        self._any = ANY in names
        self._exact = frozenset(names)
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._seen: set[str] = set()

    def check(self, header: str | None) -> None:
        """Raise `HttpError` 421 unless the Host *header* is ours; HTTP/1.0 may send none."""
        if self._any or header is None or header in self._seen:
            return
        if not self.allows(host_of(header)):
            raise HttpError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this server does not answer to the name {header[:100]!r};"
                " its operator adds names to [server] allowed_hosts",
            )
        if len(self._seen) < _SEEN:
            self._seen.add(header)

    def allows(self, name: str) -> bool:
        """Tell whether *name*, without port, is ours."""
        return name in self._exact or (bool(self._below) and name.endswith(self._below))


def host_of(header: str) -> str:
    """Return the name in a Host *header*, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().rstrip(".")
