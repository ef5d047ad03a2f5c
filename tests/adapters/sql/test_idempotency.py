from __future__ import annotations

import asyncio

from submarine.adapters.sql.records import SqlRecords
from submarine.core.idempotency import KeptAnswer


def answer(key: str, body: str = "{}", *, owner: str = "ada", at: int = 5) -> KeptAnswer:
    headers = {"Location": "/x"}
    return KeptAnswer(owner=owner, key=key, digest="d", at=at, status=201, body=body, headers=headers)


async def test_an_answer_comes_back_as_kept(records: SqlRecords) -> None:
    async with records.begin() as tx:
        await tx.idempotency.keep_answer(answer("k", '{"name":"Ä"}'))
        assert await tx.idempotency.find_answer("ada", "k") == answer("k", '{"name":"Ä"}')
        assert await tx.idempotency.find_answer("eve", "k") is None


async def test_of_two_answers_the_first_stays(records: SqlRecords) -> None:
    async def keep(body: str) -> None:
        async with records.begin() as tx:
            await tx.idempotency.keep_answer(answer("k", body))

    await asyncio.gather(*(keep(f"{n}") for n in range(5)))
    async with records.read() as tx:
        first = await tx.idempotency.find_answer("ada", "k")
    await keep("late")
    async with records.read() as tx:
        assert await tx.idempotency.find_answer("ada", "k") == first


async def test_old_answers_are_forgotten(records: SqlRecords) -> None:
    async with records.begin() as tx:
        await tx.idempotency.keep_answer(answer("old", at=1))
        await tx.idempotency.keep_answer(answer("new", at=10))
        assert await tx.idempotency.forget_answers(5) == 1
        assert await tx.idempotency.find_answer("ada", "old") is None
        assert await tx.idempotency.find_answer("ada", "new") is not None
