"""Sending requests over HTTP, again where that is safe, until they are answered or time is up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

import submarine
from submarine.entrypoints.sdk.aio.concurrency import blocks, sleep
from submarine.entrypoints.sdk.answers import Answer
from submarine.entrypoints.sdk.connection import Connection
from submarine.entrypoints.sdk.errors import ApiError, ConnectionFailed
from submarine.entrypoints.sdk.request import API, Request
from submarine.entrypoints.sdk.retries import RETRYABLE, Backoff
from submarine.entrypoints.sdk.wire import lower, translated

Notice = Callable[[str], None]

_QUIET = 60.0  # four heartbeats of a stream: longer silence is a dead connection


class AsyncTransport:
    """One connection pool to one server.

    ``retry_for`` bounds the seconds a call may spend on repeats; ``notice`` is told of each.
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
        self._http = httpx.AsyncClient(
            base_url=connection.url + API, headers=headers, timeout=httpx.Timeout(timeout, connect=10.0)
        )

    async def send(self, request: Request) -> Answer:
        """Return the answer; raise the error it stands for, or `ConnectionFailed` if there is none."""
        backoff = Backoff(self.retry_for)
        while True:
            try:
                return (await self._once(request)).checked()
            except ConnectionFailed as error:
                pause = backoff.pause() if request.safe_to_repeat else None
                if pause is None:
                    raise
                self.notice(f"{error.message}; trying again")
            except ApiError as error:
                pause = None
                if request.safe_to_repeat and error.status in RETRYABLE:
                    pause = backoff.pause(error.retry_after)
                if pause is None:
                    raise
                self.notice(f"{error.message}; trying again")
            await sleep(pause)

    async def _once(self, request: Request) -> Answer:
        with translated(self.connection.url):
            response = await self._http.send(self._build(request))
            return Answer(response.status_code, lower(response.headers), response.content)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[httpx.Response]:
        """Yield the response to *request* before its body; one attempt, as only the reader can resume.

        Raise `ConnectionFailed` if it breaks, in the ``async with`` body too.
        """
        with translated(self.connection.url):
            response = await self._http.send(self._build(request, quiet=_QUIET), stream=True)
            try:
                if response.status_code >= 400:  # noqa: PLR2004
                    body = await response.aread()
                    Answer(response.status_code, lower(response.headers), body).checked()
                yield response
            finally:
                await response.aclose()

    def _build(self, request: Request, quiet: float | None = None) -> httpx.Request:
        headers = dict(request.headers)
        content: Any = request.body
        if request.file is not None:
            headers["Content-Length"] = str(request.file.stat().st_size)
            content = blocks(request.file)
        timeout = self._http.timeout if quiet is None else httpx.Timeout(quiet, connect=10.0)
        return self._http.build_request(
            request.method,
            request.path,
            params=dict(request.query),
            headers=headers,
            content=content,
            timeout=timeout,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
