"""Answers that go on: who is open, and what ends them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from submarine.entrypoints.http.connection import Connection

T = TypeVar("T")


class Ended(Exception):  # noqa: N818 - a signal, not an error
    """The stream must stop: the client left, or the server stops."""


class Life:
    """Of one open stream; ``ended`` is done once it must stop."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gone = False
        """The client left: nobody reads what is written."""

    def end(self, *, gone: bool = False) -> None:
        """Ask the stream to stop."""
        self.gone = self.gone or gone
        if not self.ended.done():
            self.ended.set_result(None)


class Streams:
    """The streams that are open now."""

    def __init__(self) -> None:
        self._open: set[Life] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def live(self, request: web.Request) -> Iterator[Life]:
        """Keep account of the stream that answers *request*."""
        life = Life()
        if self._closing:
            life.end()
        connection = request.protocol
        lost = partial(life.end, gone=True)
        if isinstance(connection, Connection):
            connection.when_lost(lost)
        self._open.add(life)
        try:
            yield life
        finally:
            self._open.discard(life)
            if isinstance(connection, Connection):
                connection.forget(lost)

    def close(self) -> None:
        """End every stream, now and from now on, so that clients resume elsewhere or later."""
        self._closing = True
        for life in list(self._open):
            life.end()


class Stream(ABC):
    """An answer that is written piece by piece."""

    @abstractmethod
    async def send(self, request: web.Request, headers: Mapping[str, str], life: Life) -> web.StreamResponse:
        """Write it all, or as much as *life* allows, as the answer to *request* with *headers*."""


async def wait_for(pending: asyncio.Future[T], life: Life, patience: float | None = None) -> bool:
    """Wait until *pending* is done; return False after *patience* seconds, raise `Ended` if life ends."""
    if not pending.done():
        await asyncio.wait((pending, life.ended), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    if life.ended.done():
        raise Ended
    return pending.done()


async def close_source(pending: asyncio.Future[Any] | None, source: AsyncIterator[Any]) -> None:
    """Leave *source* so that its own ``finally`` has run when this returns."""
    if pending is not None and not pending.done():
        pending.cancel()
        await asyncio.wait((pending,))
    if pending is not None and not pending.cancelled():
        pending.exception()  # seen: the stream has ended for another reason
    if isinstance(source, AsyncGenerator):
        await source.aclose()
