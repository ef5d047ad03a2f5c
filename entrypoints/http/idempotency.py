"""A POST that is sent twice is done once: ``Idempotency-Key``."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

from submarine.core.errors import ConflictError, InvalidError

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
_KEPT_HEADERS: Final = ("Content-Type", "Location", "ETag")
_PATIENCE: Final = 20.0  # seconds that a second request waits for the first


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's promise that equal keys mean one and the same request.

    ``scope`` is who calls which route. Inject ``Idempotency | None`` into a route to commit the key in
    the transaction of its effect.
    """

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered the first time."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, response: web.Response) -> StoredAnswer:
        """Take down *response*."""
        body = response.body if isinstance(response.body, bytes) else b""
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        return cls(response.status, body, headers)

    def response(self) -> web.Response:
        """Answer the same again, and say that it is a replay."""
        headers = {**self.headers, REPLAYED: "true"}
        return web.Response(status=self.status, body=self.body or None, headers=headers)


class IdempotencyStore(Protocol):
    """Remembers answers by scope and key."""

    async def begin(self, promise: Idempotency) -> StoredAnswer | None:
        """Return the answer kept for *promise*, None if it is new or was not finished.

        Raise `ConflictError` if the key came with another fingerprint before. The server calls for
        one scope and key at a time. After a crash between the effect and `finish` this returns None
        and the handler runs again: one that must not act twice commits the promise with its effect.
        """
        ...

    async def finish(self, promise: Idempotency, answer: StoredAnswer) -> None:
        """Keep *answer* for *promise*; called twice, the first stays."""
        ...


class MemoryIdempotencyStore:
    """Remembers in this process, for some minutes, a bounded number of answers."""

    def __init__(
        self, lifetime: float = 600.0, limit: int = 1000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lifetime, self._limit, self._clock = lifetime, limit, clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, str, StoredAnswer]] = OrderedDict()

    async def begin(self, promise: Idempotency) -> StoredAnswer | None:
        """Return the answer kept for *promise*."""
        found = self._kept.get((promise.scope, promise.key))
        if found is None or found[0] < self._clock():
            return None
        if found[1] != promise.fingerprint:
            raise other_request(promise)
        return found[2]

    async def finish(self, promise: Idempotency, answer: StoredAnswer) -> None:
        """Keep *answer*."""
        until = self._clock() + self._lifetime
        self._kept.setdefault((promise.scope, promise.key), (until, promise.fingerprint, answer))
        while self._kept and (
            len(self._kept) > self._limit or next(iter(self._kept.values()))[0] < self._clock()
        ):
            self._kept.popitem(last=False)


class IdempotencyKeys:
    """Runs each keyed request once, whichever of its copies comes first."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._running: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._patience = patience

    async def once(
        self,
        promise: Idempotency,
        store: IdempotencyStore | None,
        answer: Callable[[], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Return the answer kept in *store*, else of *answer*, which is kept if it is a good one.

        A request that failed had no effect, so nothing is kept of it and a copy tries afresh. Without
        a *store* the copies only wait for each other, and *answer* knows by itself what was done.
        """
        slot = promise.scope, promise.key
        if slot in self._running:
            await self._wait_turn(slot)
        mine = self._running[slot] = asyncio.get_running_loop().create_future()
        try:
            if store is None:
                return await answer()
            if (kept := await store.begin(promise)) is not None:
                return kept.response()
            response = await answer()
            if isinstance(response, web.Response) and response.status < HTTPStatus.MULTIPLE_CHOICES:
                await store.finish(promise, StoredAnswer.of(response))
            return response
        finally:
            del self._running[slot]
            mine.set_result(None)

    async def _wait_turn(self, slot: tuple[str, str]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while (running := self._running.get(slot)) is not None:
                    await asyncio.shield(running)
        except TimeoutError:
            raise InProgressError(slot[1]) from None


class InProgressError(ConflictError):
    """The first request with the key is still being answered; repeat it after ``retry_after`` seconds."""

    retry_after = 2.0

    def __init__(self, key: str) -> None:
        super().__init__(f"a request with {HEADER} {key!r} is still under way; repeat it later")


def promise_of(header: str, scope: str, request: web.Request, data: bytes) -> Idempotency:
    """Read the key; raise `InvalidError` if it is none."""
    if not _KEY.fullmatch(header):
        raise InvalidError.of(HEADER, "is no key", "1 to 128 visible ASCII characters, such as a UUID")
    digest = hashlib.sha256()
    for part in (request.method, request.raw_path, request.content_type):
        digest.update(part.encode())
        digest.update(b"\0")
    digest.update(data)
    return Idempotency(scope, header, digest.hexdigest())


def other_request(promise: Idempotency) -> ConflictError:
    """Return the error of a key that came with two different requests."""
    return ConflictError(f"{HEADER} {promise.key!r} was used for another request; take a new key")
