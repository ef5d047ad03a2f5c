"""One client's TCP connection: what aiohttp makes of it, and the time limits it lacks."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong
from typing_extensions import override

from submarine.core.ids import new_id
from submarine.entrypoints.http.headers import standing_headers
from submarine.entrypoints.http.problems import Problem

log = logging.getLogger(__name__)

LINE_SIZE: Final = 16_384
"""Bytes of path and query."""
FIELD_SIZE: Final = 8_190
"""Bytes of one header."""

_FULL_BODY: Final = json.dumps(
    {
        "type": "urn:submarine:full",
        "title": "No room now",
        "status": 503,
        "detail": "too many connections; try again",
        "code": "full",
        "retry_after": 2,
    }
).encode()
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    b"Retry-After: 2\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_FULL_BODY), _FULL_BODY)
)


@dataclass(slots=True)
class Gate:
    """How many may connect and how patient we are with each, in seconds.

    ``header`` is the time for the first request's headers (for later ones aiohttp's keep-alive
    time-out, which runs on while they trickle in); ``stall`` the time a client that does not read may
    hold what is written for it.
    """

    connections: int = 2000
    header: float = 15.0
    stall: float = 30.0
    open: int = 0
    refused: int = 0


class Connection(web.RequestHandler):
    """Refuses the one too many, hangs up on the slow, and says when the client has left."""

    __slots__ = ("_admitted", "_gate", "_header_timer", "_lost", "_stall_timer")

    def __init__(self, manager: Any, *, loop: asyncio.AbstractEventLoop, gate: Gate, **options: Any) -> None:
        super().__init__(manager, loop=loop, **options)
        self._gate = gate
        self._admitted = False
        self._header_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._lost: list[Callable[[], None]] = []

    def when_lost(self, call: Callable[[], None]) -> None:
        """Have *call* called when the client has left: now, if it has."""
        if self.transport is None or self.transport.is_closing():
            call()
        else:
            self._lost.append(call)

    def forget(self, call: Callable[[], None]) -> None:
        """Take back `when_lost`; forgetting what is not there does nothing."""
        if call in self._lost:
            self._lost.remove(call)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in, if there is room."""
        if self._gate.open >= self._gate.connections:
            self._gate.refused += 1
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP is one
            transport.write(_FULL)
            transport.close()
            return
        self._gate.open += 1
        self._admitted = True
        super().connection_made(transport)
        self._header_timer = self._loop.call_later(self._gate.header, self._give_up)

    @override
    def data_received(self, data: bytes) -> None:
        """Take bytes, unless there was no room."""
        if self._admitted:
            super().data_received(data)

    def _give_up(self) -> None:
        self._header_timer = None
        if self._request_count == 0 and self.transport is not None:
            self.transport.abort()

    @override
    def pause_writing(self) -> None:
        """Begin to count the time for which the client does not read."""
        super().pause_writing()
        self._stall_timer = self._loop.call_later(self._gate.stall, self._hang_up)

    @override
    def resume_writing(self) -> None:
        """Forgive: the client reads again."""
        self._forget_stall()
        super().resume_writing()

    def _hang_up(self) -> None:
        self._stall_timer = None
        if self.transport is not None:
            log.info("hung up on %s: it did not read for %g s", self.peername, self._gate.stall)
            self.transport.abort()

    def _forget_stall(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Clean up and tell whoever writes a stream."""
        if self._admitted:
            self._admitted = False
            self._gate.open -= 1
        if self._header_timer is not None:
            self._header_timer.cancel()
        self._forget_stall()
        super().connection_lost(exc)
        calls, self._lost = self._lost, []
        for call in calls:
            call()

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or too long, with a problem instead of a traceback in the log."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun; it can only be cut")
        request_id = new_id()
        if isinstance(exc, UnicodeEncodeError) and hdrs.EXPECT in request.headers:
            # of a path we do not have, aiohttp itself answers, and repeats the header's bytes
            problem = Problem(code="invalid", status=417, detail="the Expect header is no text")
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request %s failed outside of every handler", request_id, exc_info=exc)
            problem = Problem(code="internal", status=status, detail="the server failed")
        else:
            problem = _unreadable(exc, message)
            log.info("request %s from %s: %s", request_id, request.remote, problem.detail)
        response = problem.response(request_id)
        response.headers.extend(standing_headers(request_id))
        response.force_close()
        return response


def _unreadable(exc: BaseException | None, message: str | None) -> Problem:
    if isinstance(exc, LineTooLong):
        # which line it was, aiohttp tells by the limit alone
        if exc.args[1] == LINE_SIZE:
            return Problem(code="invalid", status=414, detail="the path and query are too long")
        return Problem(code="invalid", status=431, detail="a header is too long")
    first = (message or "").strip().splitlines()
    if first and "Too many headers" in first[0]:
        return Problem(code="invalid", status=431, detail="there are too many headers")
    return Problem(
        code="invalid", status=400, detail=f"not HTTP: {first[0][:200] if first else 'unreadable'}"
    )
