"""Leases: one holder at a time, by the database's clock, each told from every other by its token."""

from __future__ import annotations

import asyncio

from submarine.adapters.sql.records import SqlRecords

NAME = "cluster/one"
LONG = 60_000


async def _acquire(records: SqlRecords, owner: str, ttl: int = LONG, token: int | None = None) -> int | None:
    async with records.begin() as tx:
        return await tx.leases.acquire(NAME, owner, ttl, token=token)


async def _held(records: SqlRecords, token: int | None) -> bool:
    assert token is not None
    async with records.begin() as tx:
        return await tx.leases.hold(NAME, token)


async def _release(records: SqlRecords, token: int | None) -> None:
    assert token is not None
    async with records.begin() as tx:
        await tx.leases.release(NAME, token)


async def test_a_lease_has_one_holder(records: SqlRecords) -> None:
    token = await _acquire(records, "a")
    assert await _acquire(records, "b") is None
    assert await _held(records, token)


async def test_keeping_a_lease_keeps_its_token(records: SqlRecords) -> None:
    token = await _acquire(records, "a")
    assert await _acquire(records, "a", token=token) == token
    assert await _acquire(records, "b") is None


async def test_a_lease_that_is_over_goes_to_another_under_a_greater_token(records: SqlRecords) -> None:
    first = await _acquire(records, "a", ttl=0)
    assert not await _held(records, first)
    second = await _acquire(records, "b")
    assert first is not None
    assert second is not None
    assert second > first
    assert await _acquire(records, "a", token=first) is None
    assert not await _held(records, first)
    assert await _held(records, second)


async def test_a_lease_that_is_over_and_that_nobody_took_can_be_kept(records: SqlRecords) -> None:
    token = await _acquire(records, "a", ttl=0)
    assert await _acquire(records, "a", token=token) == token
    assert await _held(records, token)


async def test_a_restarted_owner_need_not_wait_and_voids_its_earlier_token(records: SqlRecords) -> None:
    before = await _acquire(records, "a")
    after = await _acquire(records, "a")
    assert before is not None
    assert after is not None
    assert after > before
    assert not await _held(records, before)


async def test_tokens_grow_across_a_release(records: SqlRecords) -> None:
    first = await _acquire(records, "a")
    await _release(records, first)
    assert not await _held(records, first)
    second = await _acquire(records, "b")
    assert first is not None
    assert second is not None
    assert second > first


async def test_releasing_what_another_holds_does_nothing(records: SqlRecords) -> None:
    first = await _acquire(records, "a", ttl=0)
    second = await _acquire(records, "b")
    await _release(records, first)
    assert await _held(records, second)


async def test_a_lease_runs_out_by_itself(records: SqlRecords) -> None:
    token = await _acquire(records, "a", ttl=150)
    assert await _held(records, token)
    async with asyncio.timeout(20):
        while await _acquire(records, "b") is None:
            await asyncio.sleep(0.02)
    assert not await _held(records, token)


async def test_a_lease_cannot_change_hands_during_a_transaction_that_holds_it(records: SqlRecords) -> None:
    token = await _acquire(records, "a", ttl=100)
    assert token is not None
    async with records.begin() as tx:
        assert await tx.leases.hold(NAME, token)
        other = asyncio.create_task(_acquire(records, "b"))
        done, _ = await asyncio.wait([other], timeout=0.4)
        assert not done  # though it is over by now
    taken = await other
    assert taken is not None
    assert taken > token


async def test_of_many_that_ask_at_once_one_gets_it(records: SqlRecords) -> None:
    answers = await asyncio.gather(*(_acquire(records, f"server-{n}") for n in range(5)))
    assert sum(answer is not None for answer in answers) == 1
