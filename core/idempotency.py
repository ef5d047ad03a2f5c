"""Answers kept, so that a call that comes again is not done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a call with an ``Idempotency-Key`` was answered.

    ``owner`` is whose key it is (keys of two users never meet), ``digest`` of the whole request,
    ``at`` Unix ms. ``status`` None means that the call was begun and its answer is
    not known (yet, or for ever).
    """

    owner: str
    key: str
    digest: str
    at: int
    status: int | None = None
    body: str = ""
    location: str = ""


class IdempotencyStore(Protocol):
    """Kept answers, within one transaction; best the one that does what is answered."""

    async def claim(self, answer: KeptAnswer) -> KeptAnswer | None:
        """Keep *answer* and return None; or return the one kept before, having done nothing.

        Of two at once the second waits for the end of the first's transaction.
        """
        ...

    async def complete(self, answer: KeptAnswer) -> None:
        """Write status, body and location of the answer kept under the same owner and key."""
        ...

    async def release(self, owner: str, key: str) -> None:
        """Forget a claim that has no answer: nothing was done, the call may come again."""
        ...

    async def find(self, owner: str, key: str) -> KeptAnswer | None:
        """Return the kept answer, None if there is none."""
        ...

    async def purge(self, before: int) -> int:
        """Forget answers older than *before*; return how many."""
        ...
