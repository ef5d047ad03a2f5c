"""Headers that stand on every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REQUEST_ID_HEADER: Final = "X-Request-Id"

SECURITY: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Server": "submarine",
}


def standing_headers(request_id: str) -> dict[str, str]:
    """Return the headers of an answer to request *request_id*; an answer's own go before them."""
    return {REQUEST_ID_HEADER: request_id, **SECURITY}
