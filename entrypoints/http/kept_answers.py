"""Answers to requests with an ``Idempotency-Key``, kept in the records so that every server has them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from submarine.core.clock import Clock, now
from submarine.core.idempotency import IdempotencyStore, KeptAnswer
from submarine.entrypoints.http.idempotency import Idempotency, StoredAnswer, other_request

LIFETIME: Final = 24 * 3_600_000  # ms
_SWEEP_EVERY: Final = 3_600_000


class KeepingTransaction(Protocol):
    """The store this needs."""

    @property
    def idempotency(self) -> IdempotencyStore:
        """Kept answers."""
        ...


class KeepingRecords(Protocol):
    """Where it is; see `Records`."""

    def begin(self) -> AbstractAsyncContextManager[KeepingTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[KeepingTransaction]:
        """Open a snapshot."""
        ...


class KeptAnswers:
    """Remembers answers for a day at least, in the records."""

    def __init__(self, records: KeepingRecords, clock: Clock = now) -> None:
        self._records = records
        self._clock = clock
        self._sweep_at = clock() + _SWEEP_EVERY

    async def begin(self, promise: Idempotency) -> StoredAnswer | None:
        """Return the answer kept for *promise*.

        Raise `ConflictError` if the key came with another request.
        """
        async with self._records.read() as tx:
            found = await tx.idempotency.find_answer(promise.scope, promise.key)
        if found is None:
            return None
        if found.digest != promise.fingerprint:
            raise other_request(promise)
        return StoredAnswer(found.status, found.body.encode(), found.headers)

    async def finish(self, promise: Idempotency, answer: StoredAnswer) -> None:
        """Keep *answer*; called twice, the first stays."""
        at = self._clock()
        kept = KeptAnswer(
            owner=promise.scope,
            key=promise.key,
            digest=promise.fingerprint,
            at=at,
            status=answer.status,
            body=answer.body.decode(),
            headers=answer.headers,
        )
        async with self._records.begin() as tx:
            if at >= self._sweep_at:
                self._sweep_at = at + _SWEEP_EVERY
                await tx.idempotency.forget_answers(at - LIFETIME)
            await tx.idempotency.keep_answer(kept)
