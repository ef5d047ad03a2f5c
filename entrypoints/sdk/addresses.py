"""The addresses of a server, or of several that share their records: any of them answers everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit


def split(text: str) -> tuple[str, ...]:
    """Return the addresses of *text*, which separates them by commas; none twice."""
    return tuple(dict.fromkeys(part.strip().rstrip("/") for part in text.split(",") if part.strip()))


def joined(addresses: str | Iterable[str]) -> str:
    """Return *addresses* as one text."""
    return ",".join(split(addresses if isinstance(addresses, str) else ",".join(addresses)))


def wrong(addresses: Sequence[str]) -> str | None:
    """Return the first that is no address of a server."""
    return next((address for address in addresses if not _good(address)), None)


def _good(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Choice:
    """Which of *addresses* is asked; it stays until that one fails."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = tuple(addresses)
        self._at = 0
        self._failed = 0

    @property
    def address(self) -> str:
        """Return the one to ask."""
        return self._addresses[self._at]

    def failed(self, address: str) -> bool:
        """Go on to the next after *address* failed; True while there is one that has not failed since."""
        if address == self.address:  # else another caller has gone on already
            self._at = (self._at + 1) % len(self._addresses)
            self._failed += 1
        return self._failed < len(self._addresses)

    def answered(self) -> None:
        """Note that the present one is well, so that a later failure begins a new round."""
        self._failed = 0
