"""Answers kept for calls that come again."""

from __future__ import annotations

from typing import Final

from submarine.adapters.sql.database import Session
from submarine.core.idempotency import KeptAnswer

_CLAIM: Final = """
insert into kept_answers (owner, key, digest, at, status, body, location) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (owner, key) do nothing
"""
_COMPLETE: Final = """
update kept_answers set status = $3, body = $4, location = $5 where owner = $1 and key = $2
"""
_RELEASE: Final = "delete from kept_answers where owner = $1 and key = $2 and status is null"
_FIND: Final = """
select owner, key, digest, at, status, body, location from kept_answers where owner = $1 and key = $2
"""
_PURGE: Final = "delete from kept_answers where at < $1"


class SqlIdempotency:
    """What `IdempotencyStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def claim(self, answer: KeptAnswer) -> KeptAnswer | None:
        """Keep *answer* and return None; or return the one kept before, having done nothing."""
        inserted = await self._session.execute(
            _CLAIM,
            answer.owner,
            answer.key,
            answer.digest,
            answer.at,
            answer.status,
            answer.body,
            answer.location,
        )
        return None if inserted else await self.find(answer.owner, answer.key)

    async def complete(self, answer: KeptAnswer) -> None:
        """Write status, body and location of the answer kept under the same owner and key."""
        values = answer.owner, answer.key, answer.status, answer.body, answer.location
        await self._session.execute(_COMPLETE, *values)

    async def release(self, owner: str, key: str) -> None:
        """Forget a claim that has no answer: nothing was done, the call may come again."""
        await self._session.execute(_RELEASE, owner, key)

    async def find(self, owner: str, key: str) -> KeptAnswer | None:
        """Return the kept answer, None if there is none."""
        row = await self._session.first(_FIND, owner, key)
        return None if row is None else KeptAnswer(**dict(row))

    async def purge(self, before: int) -> int:
        """Forget answers older than *before*; return how many."""
        return await self._session.execute(_PURGE, before)
