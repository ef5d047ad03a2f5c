"""One call to the REST API as plain data; the transports send it and know nothing of its meaning."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

API: Final = "/api/v1"
_ALWAYS_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``path`` is below the API's base and already quoted; ``file`` is streamed as the body.

    ``retry`` False is for calls that must not be repeated (a wrong password counts).
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    file: Path | None = None
    retry: bool = True

    @property
    def safe_to_repeat(self) -> bool:
        """Return whether sending it twice does no more than sending it once.

        Every POST carries an Idempotency-Key and every PATCH here sets absolute values.
        """
        return self.retry and (
            self.method in _ALWAYS_SAFE or self.method == "PATCH" or "Idempotency-Key" in self.headers
        )


def path_of(*segments: str) -> str:
    """Return a path whose *segments* are quoted whole, a slash inside one included."""
    return "".join(f"/{quote(s, safe='')}" for s in segments)


def query_of(**values: Any) -> dict[str, str]:
    """Return the query without what was not given."""
    return {k: _text(v) for k, v in values.items() if v is not None}


def get(path: str, **query: Any) -> Request:
    """Return a GET of *path*."""
    return Request(method="GET", path=path, query=query_of(**query))


def send(method: str, path: str, body: Any = None, *, etag: str | None = None, **query: Any) -> Request:
    """Return a request that changes something; a POST gets an Idempotency-Key of its own."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if method == "POST":
        headers["Idempotency-Key"] = secrets.token_hex(16)
    if etag:
        headers["If-Match"] = etag
    content = None if body is None else json.dumps(body, allow_nan=False).encode()
    return Request(method=method, path=path, query=query_of(**query), headers=headers, body=content)


def upload(path: str, file: Path, media_type: str = "application/octet-stream") -> Request:
    """Return a PUT that streams *file*."""
    return Request(method="PUT", path=path, file=file, headers={"Content-Type": media_type})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return ",".join(str(v) for v in value)
