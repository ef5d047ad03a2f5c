"""Promises about leases: who does what when there are several servers."""

from __future__ import annotations

import asyncio

from submarine.contracts.records.kit import RecordsKit
from submarine.contracts.records.stage import Stage
from submarine.core.records import Records


async def asks(records: Records, name: str, owner: str, at: int, ttl: int = 100) -> bool:
    """Ask for the lease in a transaction of its own."""
    async with records.begin() as tx:
        return await tx.leases.acquire(name, owner, at, ttl)


class Leases(RecordsKit):
    """What `LeaseStore` owes."""

    async def test_a_lease_is_held_by_one(self, stage: Stage, other: Records) -> None:
        """The other server is told until it has run out, and other leases are free."""
        lease = stage.a_lease()
        assert await asks(stage.records, lease, "one", 1000)
        assert not await asks(other, lease, "two", 1000)
        assert not await asks(other, lease, "two", 1099)
        assert await asks(other, stage.a_lease("more-work"), "two", 1000)

    async def test_a_lease_is_kept_by_asking_again(self, stage: Stage, other: Records) -> None:
        """From then on it lasts as long again."""
        lease = stage.a_lease()
        assert await asks(stage.records, lease, "one", 1000)
        assert await asks(stage.records, lease, "one", 1090)
        assert not await asks(other, lease, "two", 1150)
        assert await asks(other, lease, "two", 1190)

    async def test_a_lease_that_ran_out_is_taken_by_who_asks(self, stage: Stage, other: Records) -> None:
        """And the one who had it is told."""
        lease = stage.a_lease()
        assert await asks(stage.records, lease, "one", 1000)
        assert await asks(other, lease, "two", 1100)
        assert not await asks(stage.records, lease, "one", 1101)

    async def test_a_lease_given_back_is_free(self, stage: Stage, other: Records) -> None:
        """At once, not when it would have run out."""
        lease = stage.a_lease()
        assert await asks(stage.records, lease, "one", 1000)
        async with stage.begin() as tx:
            await tx.leases.release(lease, "one")
        assert await asks(other, lease, "two", 1001)

    async def test_only_the_holder_gives_a_lease_back(self, stage: Stage, other: Records) -> None:
        """A late word of the one who lost it does nothing."""
        lease = stage.a_lease()
        assert await asks(stage.records, lease, "one", 1000)
        async with other.begin() as tx:
            await tx.leases.release(lease, "two")
            await tx.leases.release(stage.a_lease("never"), "two")
        assert not await asks(other, lease, "two", 1001)

    async def test_of_two_who_ask_at_once_one_gets_the_lease(self, stage: Stage, other: Records) -> None:
        """Whether it is new or has run out."""
        leases = [stage.a_lease(f"work-{n}") for n in range(8)]
        for at in (1000, 2000):
            for lease in leases:
                got = await asyncio.gather(
                    asks(stage.records, lease, "one", at), asks(other, lease, "two", at)
                )
                assert sorted(got) == [False, True]
