"""Server-sent events: each client at its own pace, resumed by ``Last-Event-ID``.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, NewType, TypeVar

from aiohttp import web
from typing_extensions import override

from submarine.entrypoints.http.streams import Ended, Life, Stream, close_source, wait_for

log = logging.getLogger(__name__)

T = TypeVar("T")

LastEventId = NewType("LastEventId", str)
"""The id of the last event the caller has got. Inject ``LastEventId | None`` into a route."""

HEARTBEAT: Final = 15.0
RETRY_MS: Final = 1000
_COMMENT: Final = b":\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """``data`` is text (JSON); ``id`` is what a client sends back to resume after this one."""

    data: str
    event: str = ""
    id: str = ""

    def encode(self) -> bytes:
        """Return the event as it goes over the wire."""
        lines = []
        if self.id:
            lines.append(f"id: {_one_line(self.id)}")
        if self.event:
            lines.append(f"event: {_one_line(self.event)}")
        lines += [f"data: {line}" for line in self.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        return ("\n".join(lines) + "\n\n").encode()


class Mailbox(Generic[T]):
    """A bounded queue between a publisher that cannot wait and one client.

    A client that lets it run over is cut off; it comes back and resumes from where it was.
    """

    def __init__(self, limit: int = 256) -> None:
        self._items: deque[T] = deque()
        self._limit = limit
        self._filled = asyncio.Event()
        self.closed = False

    def put(self, item: T) -> bool:
        """Hand *item* over; return False if the mailbox is closed, which too much closes."""
        if len(self._items) >= self._limit:
            self.close()
        if self.closed:
            return False
        self._items.append(item)
        self._filled.set()
        return True

    def close(self) -> None:
        """End the iteration, after what is already here."""
        self.closed = True
        self._filled.set()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self.closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        return self._items.popleft()


class EventStream(Stream):
    """Events of *source* as they come, a comment whenever it is silent for long.

    The source is asked for more when the last was written: a slow client slows its own source and holds
    no memory here; one that stops reading is cut off by `Connection`. Bytes are events in their encoding.
    """

    def __init__(self, source: AsyncIterable[ServerEvent | bytes], *, heartbeat: float = HEARTBEAT) -> None:
        self._source = source
        self._heartbeat = heartbeat

    @override
    async def send(self, request: web.Request, headers: Mapping[str, str], life: Life) -> web.StreamResponse:
        """Write events until the source ends, the client leaves or the server stops."""
        response = web.StreamResponse(headers=headers)
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        try:
            await response.write(b"retry: %d\n\n" % RETRY_MS)
            await self._pump(response, life)
        except (Ended, ConnectionError):
            pass
        except Exception:
            # the client resumes by id; an end is all we can still say
            log.exception("an event stream broke")
        if life.gone:
            response.force_close()
        return response

    async def _pump(self, response: web.StreamResponse, life: Life) -> None:
        source = aiter(self._source)
        heart = _Heart(response, self._heartbeat)
        # one task for the whole stream: one for each event would cost more than the event
        copying = asyncio.ensure_future(_copy(source, response, heart))
        try:
            await wait_for(copying, life)
            copying.result()
        finally:
            heart.stop()
            await close_source(copying, source)


async def _copy(
    source: AsyncIterator[ServerEvent | bytes], response: web.StreamResponse, heart: _Heart
) -> None:
    async for event in source:
        heart.writing = True
        await response.write(event if isinstance(event, bytes) else event.encode())
        heart.writing = False
        heart.beaten()


class _Heart:
    """Writes a comment whenever nothing else was written for *interval* seconds."""

    def __init__(self, response: web.StreamResponse, interval: float) -> None:
        self._response = response
        self._interval = interval
        self._loop = asyncio.get_running_loop()
        self._beat: asyncio.Task[None] | None = None
        self._last = self._loop.time()
        self._timer = self._loop.call_later(interval, self._look)
        self.writing = False

    def beaten(self) -> None:
        """Note that something was written just now."""
        self._last = self._loop.time()

    def stop(self) -> None:
        """Write no more."""
        self._timer.cancel()
        if self._beat is not None:
            self._beat.cancel()

    def _look(self) -> None:
        """Beat if it is time; look again when it may be, so that an event costs no timer."""
        silent = self._loop.time() - self._last
        if silent >= self._interval and not self.writing and (self._beat is None or self._beat.done()):
            self._beat = asyncio.ensure_future(self._write())
            silent = 0.0
            self.beaten()
        self._timer = self._loop.call_later(max(self._interval - silent, self._interval / 10), self._look)

    async def _write(self) -> None:
        with suppress(ConnectionError):  # whoever copies will hear of it
            await self._response.write(_COMMENT)


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").replace("\0", " ")
