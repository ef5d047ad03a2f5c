"""Answers to keyed requests, kept in the records."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from submarine.core.clock import now
from submarine.core.idempotency import IdempotencyStore, KeptAnswer
from submarine.entrypoints.http.idempotency import Idempotency, StoredAnswer, other_request


class AnswerTransaction(Protocol):
    """The one store this needs."""

    @property
    def idempotency(self) -> IdempotencyStore:
        """Kept answers."""
        ...


class AnswerRecords(Protocol):
    """Records, as far as kept answers need them."""

    def begin(self) -> AbstractAsyncContextManager[AnswerTransaction]:
        """Open a transaction."""
        ...

    def read(self) -> AbstractAsyncContextManager[AnswerTransaction]:
        """Open a snapshot."""
        ...


class RecordedAnswers:
    """Shared by all servers of a site, and there after a restart."""

    def __init__(self, records: AnswerRecords) -> None:
        self._records = records

    async def begin(self, promise: Idempotency) -> StoredAnswer | None:
        """Return the answer kept for *promise*, None if it is new; `ConflictError` if it was another request's."""
        async with self._records.read() as tx:
            kept = await tx.idempotency.find_answer(promise.scope, promise.key)
        if kept is None:
            return None
        if kept.digest != promise.fingerprint:
            raise other_request(promise)
        return StoredAnswer(kept.status, kept.body.encode(), kept.headers)

    async def finish(self, promise: Idempotency, answer: StoredAnswer) -> None:
        """Keep *answer*; of two for one key the first stays."""
        kept = KeptAnswer(
            owner=promise.scope,
            key=promise.key,
            digest=promise.fingerprint,
            at=now(),
            status=answer.status,
            body=answer.body.decode(),
            headers=answer.headers,
        )
        async with self._records.begin() as tx:
            await tx.idempotency.keep_answer(kept)
