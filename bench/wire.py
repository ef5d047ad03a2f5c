"""A client that costs next to nothing, so that what is measured is the server."""

from __future__ import annotations

import asyncio
from typing import Any, Self
from urllib.parse import urlsplit


class Wire:
    """One kept connection; requests go one after the other."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        self._head = f"Host: {parts.netloc}\r\n{bearer}"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        self._streams = await asyncio.open_connection(self._host, self._port, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._streams:
            self._streams[1].close()

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: str = ""
    ) -> tuple[int, bytes]:
        """Return status and body; the body is sent as JSON."""
        assert self._streams is not None
        reader, writer = self._streams
        said = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}{said}{headers}\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = 0
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 : lower.find(b"\r", at)])
        return status, await reader.readexactly(length) if length else b""


async def expect(wire: Wire, status: int, method: str, path: str, body: bytes = b"") -> Any:
    """Return the decoded answer; raise if its status is another."""
    import json

    found, data = await wire.request(method, path, body)
    if found != status:
        raise RuntimeError(f"{method} {path}: {found} {data[:500]!r}")
    return json.loads(data) if data else None
