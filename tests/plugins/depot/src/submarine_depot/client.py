"""Asks the depot, and says in the words of the domain how that went."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from submarine.core.errors import AdapterError, ConflictError, NotFoundError, UnavailableError

MARK = "Submarine-Depot"
"""The header by which a depot is told from a stranger who answers in its place."""


class Client:
    """One session; connections are kept and used again."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, patience: float) -> AsyncIterator[Client]:
        """Open a session, nothing is asked yet; *patience* is in seconds without a byte."""
        limits = aiohttp.ClientTimeout(total=None, sock_connect=patience, sock_read=patience)
        async with aiohttp.ClientSession(timeout=limits) as session:
            yield cls(session, url)

    @asynccontextmanager
    async def asked(self, method: str, path: str, **what: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer, whose body is yet to be read; translate what goes wrong meanwhile."""
        try:
            async with self._session.request(method, f"{self._url}{path}", **what) as answer:
                await _judge(answer)
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnavailableError(f"the depot at {self._url} does not answer: {error!r}") from error

    async def ask(self, method: str, path: str, **what: Any) -> Any:
        """Return the document that is the answer."""
        async with self.asked(method, path, **what) as answer:
            body = await answer.read()
        try:
            return json.loads(body)
        except ValueError as error:
            raise AdapterError(f"the depot at {self._url} answers nonsense: {body[:80]!r}") from error


async def _judge(answer: aiohttp.ClientResponse) -> None:
    """Raise what the status means."""
    if MARK not in answer.headers:
        raise AdapterError(f"whoever answers at {answer.url.origin()} is no depot: {answer.status}")
    match answer.status:
        case 200:
            return
        case 404:
            raise NotFoundError("the depot has no such object")
        case 409:
            raise ConflictError("the depot has an object in the way")
        case 503 | 507:
            raise UnavailableError(f"the depot cannot serve now: {answer.reason}")
        case status:
            raise AdapterError(f"the depot answers {status} {answer.reason}")
