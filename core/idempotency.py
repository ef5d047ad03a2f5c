"""Answers kept, so that a call that comes again is answered again and not done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a call with an ``Idempotency-Key`` was answered.

    ``owner`` is whose key it is and for what: keys of two users never meet. ``digest`` is of the whole
    request, ``at`` Unix ms. It holds no secret.
    """

    owner: str
    key: str
    digest: str
    at: int
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class IdempotencyStore(Protocol):
    """Kept answers, within one transaction."""

    async def find_answer(self, owner: str, key: str) -> KeptAnswer | None:
        """Return the kept answer, None if there is none."""
        ...

    async def keep_answer(self, answer: KeptAnswer) -> None:
        """Keep *answer*; of two for the same owner and key the first stays."""
        ...

    async def forget_answers(self, before: int) -> int:
        """Forget the answers older than *before*; return how many."""
        ...
