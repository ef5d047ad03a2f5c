"""Sending requests over HTTP, again where that is safe, until they are answered or time is up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

import submarine
from submarine.entrypoints.sdk.addresses import Choice
from submarine.entrypoints.sdk.aio.concurrency import blocks, sleep
from submarine.entrypoints.sdk.answers import Answer
from submarine.entrypoints.sdk.connection import Connection
from submarine.entrypoints.sdk.errors import ApiError, ConnectionFailed
from submarine.entrypoints.sdk.request import API, Request
from submarine.entrypoints.sdk.retries import AWAY, RETRYABLE, Backoff
from submarine.entrypoints.sdk.wire import lower, translated

Notice = Callable[[str], None]

_QUIET = 60.0  # four heartbeats of a stream: longer silence is a dead connection


class AsyncTransport:
    """One connection pool to one server, or to several that share their records.

    It stays with one server until that one fails, and then asks the next at once. ``retry_for`` bounds
    the seconds a call may spend on repeats; ``notice`` is told of each.
    """

    def __init__(
        self, connection: Connection, *, timeout: float, retry_for: float, notice: Notice | None
    ) -> None:
        self.connection = connection
        self.retry_for = retry_for
        self.notice: Notice = notice or (lambda _sentence: None)
        headers = {"User-Agent": f"submarine-sdk/{submarine.__version__}", "Accept": "application/json"}
        if connection.token:
            headers["Authorization"] = f"Bearer {connection.token}"
        self._choice = Choice(connection.urls)
        self._http = httpx.AsyncClient(headers=headers, timeout=httpx.Timeout(timeout, connect=10.0))

    async def send(self, request: Request) -> Answer:
        """Return the answer; raise the error it stands for, or `ConnectionFailed` if there is none."""
        backoff = Backoff(self.retry_for)
        while True:
            address = self._choice.address
            try:
                return (await self._once(request, address)).checked()
            except ConnectionFailed as error:
                others = self._choice.failed(address)
                pause = None
                if request.safe_to_repeat or (others and error.unsent):
                    pause = 0.0 if others else backoff.pause()
                if pause is None:
                    raise
                self.notice(f"{error.message}; trying {'another server' if others else 'again'}")
            except ApiError as error:
                others = error.status in AWAY and self._choice.failed(address)
                pause = None
                if request.safe_to_repeat and error.status in RETRYABLE:
                    pause = 0.0 if others else backoff.pause(error.retry_after)
                if pause is None:
                    raise
                self.notice(f"{error.message}; trying {'another server' if others else 'again'}")
            await sleep(pause)

    async def _once(self, request: Request, address: str) -> Answer:
        with translated(address):
            response = await self._http.send(self._build(request, address))
            if response.status_code not in AWAY:
                self._choice.answered()
            return Answer(response.status_code, lower(response.headers), response.content)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[httpx.Response]:
        """Yield the response to *request* before its body; one attempt, as only the reader can resume.

        Raise `ConnectionFailed` if it breaks, in the ``async with`` body too; the
        next attempt asks another server.
        """
        address = self._choice.address
        try:
            async with self._streamed(request, address) as response:
                self._choice.answered()
                yield response
        except ConnectionFailed:
            self._choice.failed(address)
            raise
        except ApiError as error:
            if error.status in AWAY:
                self._choice.failed(address)
            raise

    @asynccontextmanager
    async def _streamed(self, request: Request, address: str) -> AsyncIterator[httpx.Response]:
        with translated(address):
            response = await self._http.send(self._build(request, address, quiet=_QUIET), stream=True)
            try:
                if response.status_code >= 400:  # noqa: PLR2004
                    body = await response.aread()
                    Answer(response.status_code, lower(response.headers), body).checked()
                yield response
            finally:
                await response.aclose()

    def _build(self, request: Request, address: str, quiet: float | None = None) -> httpx.Request:
        headers = dict(request.headers)
        content: Any = request.body
        if request.file is not None:
            headers["Content-Length"] = str(request.file.stat().st_size)
            content = blocks(request.file)
        timeout = self._http.timeout if quiet is None else httpx.Timeout(quiet, connect=10.0)
        return self._http.build_request(
            request.method,
            address + API + request.path,
            params=dict(request.query),
            headers=headers,
            content=content,
            timeout=timeout,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
