"""What can go wrong between an adapter and its backend, each fault by its name.

`Away`, `Hanging`, `Slow` and `Cut` work on any bytes, TLS too. The others look at where requests and answers
begin, which needs plain text and a backend that speaks when it is asked; inside TLS they meet the handshake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar, Final

from typing_extensions import override

from submarine.contracts.faults.line import Line

_HTML: Final = b"<!DOCTYPE html><html><title>Welcome</title><body>Please log in to the network.</body></html>"
_JSON: Final = b'{"items": [{"name": "sub-'

GARBAGE: Final[Mapping[str, bytes]] = {
    "noise": bytes(range(255, -1, -1)) * 4 + b"\r\n\r\n\n",
    "silence": b"",
    "html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    % (len(_HTML), _HTML),
    "bad gateway": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_HTML), _HTML),
    "half of a document": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_JSON), _JSON),
    "half of a line": _JSON + b"\n",
    "another document": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n"
    b"Connection: close\r\n\r\nnull",
}
"""What comes in place of an answer: from nobody, a stranger, or a backend that died while it wrote."""


class Fault:
    """Lets everything pass; a subclass does not."""

    refuses: ClassVar[bool] = False
    """No connection is taken, and those that are there end."""

    async def request(self, line: Line, data: bytes) -> None:
        """Carry *data* to the backend."""
        await line.to_backend(data)

    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:  # noqa: ARG002 - for subclasses
        """Carry *data* to the adapter."""
        await line.to_adapter(data)


class Away(Fault):
    """The backend cannot be reached: connections are reset, new ones refused."""

    refuses = True


class Hanging(Fault):
    """Connections are taken, and nothing is ever answered; nothing reaches the backend."""

    @override
    async def request(self, line: Line, data: bytes) -> None:
        line.spoiled = True

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        line.spoiled = True


class Slow(Fault):
    """Each piece takes *delay* seconds more, and *rate* bytes pass in a second."""

    def __init__(self, delay: float = 0.05, rate: float = 2.0**18) -> None:
        self._delay = delay
        self._rate = rate

    @override
    async def request(self, line: Line, data: bytes) -> None:
        await asyncio.sleep(self._delay + len(data) / self._rate)
        await line.to_backend(data)

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        await asyncio.sleep(self._delay + len(data) / self._rate)
        await line.to_adapter(data)


class Cut(Fault):
    """The line breaks after so many bytes of *requests* or *answers*, counted over all connections.

    From then on every connection breaks at its first byte. With *reset* the adapter is told so; else it
    sees an end as if all had been said, which is easier to overlook.
    """

    def __init__(
        self, *, requests: float = float("inf"), answers: float = float("inf"), reset: bool = False
    ) -> None:
        self._requests = requests
        self._answers = answers
        self._reset = reset

    @override
    async def request(self, line: Line, data: bytes) -> None:
        self._requests -= len(data)
        await line.to_backend(_head(data, self._requests))
        if self._requests < 0:
            line.cut(reset=self._reset)

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        self._answers -= len(data)
        await line.to_adapter(_head(data, self._answers))
        if self._answers < 0:
            line.cut(reset=self._reset)


class LostAnswer(Fault):
    """Requests reach the backend and are obeyed; in place of the answer the connection is reset.

    The first *spared* answers arrive. Only the answer to a request that contains *to* is lost.
    """

    def __init__(self, spared: int = 0, to: bytes = b"") -> None:
        self._spared = spared
        self._to = to

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        if first and self._to in line.question:
            self._spared -= 1
            if self._spared < 0:
                line.cut(reset=True)
                return
        await line.to_adapter(data)


class Twice(Fault):
    """Each request that contains *to* is delivered twice, and the first answer is given.

    The second comes over a connection of its own, so this is for protocols in which a connection is nobody:
    HTTP, or one question a connection.
    """

    def __init__(self, to: bytes = b"") -> None:
        self._to = to

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        if first and self._to in line.question:
            await line.repeat()
        await line.to_adapter(data)


class Garbage(Fault):
    """Nothing reaches the backend, and whoever asks is answered with *junk*; see `GARBAGE`."""

    def __init__(self, junk: bytes) -> None:
        self._junk = junk

    @override
    async def request(self, line: Line, data: bytes) -> None:
        if not line.spoiled:
            await line.to_adapter(self._junk)
            await line.hang_up()

    @override
    async def answer(self, line: Line, data: bytes, *, first: bool) -> None:
        line.spoiled = True


def _head(data: bytes, left: float) -> bytes:
    """Return what of *data* still passes when *left*, negative if too much, is what remains."""
    return data if left >= 0 else data[: max(int(len(data) + left), 0)]
