"""Answers kept for calls that come again."""

from __future__ import annotations

import json
from typing import Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.rows import dumps
from submarine.core.idempotency import KeptAnswer

_COLUMNS: Final = "owner, key, digest, at, status, body, headers"
_KEEP: Final = f"""
insert into kept_answers ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) on conflict (owner, key) do nothing
"""
_FIND: Final = f"select {_COLUMNS} from kept_answers where owner = $1 and key = $2"
_FORGET: Final = "delete from kept_answers where at < $1"


class SqlIdempotency:
    """What `IdempotencyStore` asks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find_answer(self, owner: str, key: str) -> KeptAnswer | None:
        """Return the kept answer, None if there is none."""
        row = await self._session.first(_FIND, owner, key)
        return None if row is None else KeptAnswer(**{**dict(row), "headers": json.loads(row["headers"])})

    async def keep_answer(self, answer: KeptAnswer) -> None:
        """Keep *answer*; of two for the same owner and key the first stays."""
        values = answer.owner, answer.key, answer.digest, answer.at, answer.status, answer.body
        await self._session.execute(_KEEP, *values, dumps(dict(answer.headers)))

    async def forget_answers(self, before: int) -> int:
        """Forget the answers older than *before*; return how many."""
        return await self._session.execute(_FORGET, before)
