"""Promises about leases: one holder at a time, each told from every other by a token."""

from __future__ import annotations

import asyncio

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.records import Records

LONG = 60_000


async def take(
    records: Records, lease: str, owner: str, ttl: int = LONG, *, token: int | None = None
) -> int | None:
    """Ask for the lease in a transaction of its own."""
    async with records.begin() as tx:
        return await tx.leases.acquire(lease, owner, ttl, token=token)


async def taken(records: Records, lease: str, owner: str, ttl: int = LONG) -> int:
    """Take the lease, which is free; return its token."""
    token = await take(records, lease, owner, ttl)
    assert token is not None
    return token


async def held(records: Records, lease: str, token: int) -> bool:
    """Tell whether the lease is still the one taken under *token*."""
    async with records.begin() as tx:
        return await tx.leases.hold(lease, token)


async def release(records: Records, lease: str, token: int) -> None:
    """Give the lease back."""
    async with records.begin() as tx:
        await tx.leases.release(lease, token)


class Leases(RecordsKit):
    """What `LeaseStore` owes."""

    async def test_a_lease_has_one_holder(self, stage: Stage, other: Records) -> None:
        """Another owner is told, and holds nothing; other leases are free."""
        lease = stage.called("work")
        token = await taken(stage.records, lease, "one")
        assert await take(other, lease, "two") is None
        assert await held(other, lease, token)
        assert not await held(other, lease, token + 1)
        assert await take(other, stage.called("more-work"), "two") is not None

    async def test_a_lease_is_kept_under_its_token(self, stage: Stage, other: Records) -> None:
        """For as long again from then on, and the token stays the same."""
        lease = stage.called("work")
        token = await taken(stage.records, lease, "one", 1)
        assert await take(stage.records, lease, "one", token=token) == token
        await asyncio.sleep(0.01)
        assert await take(other, lease, "two") is None
        assert await held(stage.records, lease, token)

    async def test_a_lease_that_is_over_goes_to_who_asks(self, stage: Stage, other: Records) -> None:
        """Under a greater token; who had it before has nothing, whatever they believe."""
        lease = stage.called("work")
        first = await taken(stage.records, lease, "one", 0)
        assert not await held(stage.records, lease, first)
        second = await taken(other, lease, "two")
        assert second > first
        assert await take(stage.records, lease, "one", token=first) is None
        assert not await held(stage.records, lease, first)
        assert await held(other, lease, second)

    async def test_a_lease_that_is_over_and_that_nobody_took_can_be_kept(self, stage: Stage) -> None:
        """Who was slow and lost nothing goes on under the same token."""
        lease = stage.called("work")
        token = await taken(stage.records, lease, "one", 0)
        assert await take(stage.records, lease, "one", token=token) == token
        assert await held(stage.records, lease, token)

    async def test_an_owner_that_starts_again_voids_its_earlier_token(
        self, stage: Stage, other: Records
    ) -> None:
        """It need not wait for itself, and what it did before it died counts no more."""
        lease = stage.called("work")
        before = await taken(stage.records, lease, "one")
        after = await taken(other, lease, "one")
        assert after > before
        assert not await held(stage.records, lease, before)
        assert await held(stage.records, lease, after)

    async def test_a_lease_given_back_is_free_and_its_tokens_grow_on(
        self, stage: Stage, other: Records
    ) -> None:
        """At once, not when it would be over; no token comes twice."""
        lease = stage.called("work")
        first = await taken(stage.records, lease, "one")
        await release(stage.records, lease, first)
        assert not await held(stage.records, lease, first)
        assert await taken(other, lease, "two") > first

    async def test_only_the_holder_gives_a_lease_back(self, stage: Stage, other: Records) -> None:
        """A late word of the one who lost it does nothing."""
        lease = stage.called("work")
        first = await taken(stage.records, lease, "one", 0)
        second = await taken(other, lease, "two")
        await release(stage.records, lease, first)
        await release(stage.records, stage.called("never"), 1)
        assert await held(other, lease, second)

    async def test_a_lease_runs_out_by_itself(self, stage: Stage, other: Records) -> None:
        """By the clock of the database, whoever holds it."""
        lease = stage.called("work")
        token = await taken(stage.records, lease, "one", 300)
        async with asyncio.timeout(self.patience):
            while await take(other, lease, "two") is None:
                await asyncio.sleep(0.02)
        assert not await held(stage.records, lease, token)

    async def test_a_lease_that_is_held_changes_no_hands_until_the_transaction_ends(
        self, stage: Stage, other: Records
    ) -> None:
        """Though it is over meanwhile: what is written under it is not stale."""
        for ttl in (200, 2000, 20_000):  # long enough to be held even by a slow machine
            lease = stage.called(f"work-{ttl}")
            token = await taken(stage.records, lease, "one", ttl)
            async with stage.begin() as tx:
                if not await tx.leases.hold(lease, token):
                    continue
                asking = asyncio.create_task(take(other, lease, "two"))
                done, _ = await asyncio.wait([asking], timeout=ttl / 1000 + self.unit)
            later = await asking
            assert not done
            assert later is None or later > token
            return
        raise AssertionError("it is never held")

    async def test_of_two_who_ask_at_once_one_gets_the_lease(self, stage: Stage, other: Records) -> None:
        """Whether it is new or over."""
        for n in range(8):
            lease = stage.called(f"work-{n}")
            if n % 2:
                await taken(stage.records, lease, "three", 0)
            got = await asyncio.gather(take(stage.records, lease, "one"), take(other, lease, "two"))
            assert [token is None for token in got].count(True) == 1
